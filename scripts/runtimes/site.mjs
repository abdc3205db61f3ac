/** What pages of the browser suites need: files on a site, and a server in front of Sixpack that sees every call. */
import { once } from "node:events";
import { createServer } from "node:http";
import { extname } from "node:path";

const TYPES = { ".js": "text/javascript" };

/**
 * Serves texts by path on `localhost`: another site than the servers, which are on 127.0.0.1. In place of a text may stand a
 * function of the query that makes it, or a promise of it.
 */
export function startSite(files) {
  return listening("localhost", async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const file = files[pathname];
    const text = typeof file === "function" ? await file(searchParams) : file;
    const type = TYPES[extname(pathname)] ?? "text/html";
    response.writeHead(text === undefined ? 404 : 200, { "Content-Type": type, "Cache-Control": "no-store" });
    response.end(text);
  });
}

/** Passes calls on to Sixpack and counts, by id, the conversions that it accepted. */
export async function startCounter(api) {
  const accepted = new Map();
  const site = await listening("127.0.0.1", async (request, response) => {
    const body = await text(request);
    const answer = await fetch(api + request.url, { method: request.method, ...(body !== "" && { body }) });
    const id = new URL(request.url, api).searchParams.get("id") ?? (body === "" ? null : JSON.parse(body).id);
    if (id && answer.ok) accepted.set(id, (accepted.get(id) ?? 0) + 1);
    response.writeHead(answer.status, { "Access-Control-Allow-Origin": "*", "Content-Type": "application/json" });
    response.end(await answer.text());
  });
  return { ...site, accepted };
}

async function listening(host, answer) {
  const server = createServer(answer);
  await once(server.listen(0, host), "listening");
  return {
    url: `http://${host}:${server.address().port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function text(request) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return body;
}
