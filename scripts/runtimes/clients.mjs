/** The TypeScript client, as it is built, in runtimes that are not this one, against a server of its own each. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServer } from "./server.mjs";

/** An experiment that `blue` has won before the client is asked. */
const WON = "won";
const RUN_MS_MAX = 300_000;

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A runtime that runs a file and prints. */
export async function* inProcess(program, args) {
  yield* parts(async (base) => {
    const { stdout } = await promisify(execFile)(program, [...args, fileOf("process.mjs"), base, WON], {
      timeout: RUN_MS_MAX,
    });
    return JSON.parse(stdout);
  });
}

/** Cloudflare's runtime, which answers requests. */
export async function* inWorkerd(program) {
  // It tells the port it has got on a pipe.
  const child = spawn(program, ["serve", fileOf("worker.capnp"), "--control-fd=3"], {
    stdio: ["ignore", 2, 2, "pipe"],
  });
  try {
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdio[3] }), "line"),
      once(child, "exit").then(([code]) => Promise.reject(new Error(`Expected workerd to listen, got exit ${code}`))),
    ]);
    const { port } = JSON.parse(line);
    yield* parts(async (base) => {
      const query = new URLSearchParams({ base, wins: WON });
      const answer = await fetch(`http://127.0.0.1:${port}/?${query}`, { signal: AbortSignal.timeout(RUN_MS_MAX) });
      return JSON.parse(await answer.text());
    });
  } finally {
    child.kill();
  }
}

/** Yields a result for each part of take-part.mjs. */
async function* parts(run) {
  const server = await startServer();
  try {
    await makeWon(server);
    for (const [sentence, wrong] of Object.entries(await run(server.api))) {
      yield [sentence, () => (wrong === null ? undefined : Promise.reject(new Error(wrong)))];
    }
  } finally {
    await server.stop();
  }
}

/** Sets the winner as a browser does: with the form's token and the cookie that came with it. */
async function makeWon({ api, dashboard }) {
  await fetch(`${api}/participate?experiment=${WON}&alternatives=red&alternatives=blue&client_id=maker`);
  const page = await fetch(`${dashboard}/experiments/${WON}/`, { headers: { accept: "text/html" } });
  const [, token = ""] = /name="_csrf_token" value="([^"]+)"/.exec(await page.text()) ?? [];
  const headers = {
    Cookie: page.headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; "),
  };
  const body = new URLSearchParams({ alternative_name: "blue", _csrf_token: token });
  const url = `${dashboard}/experiments/${WON}/winner/`;
  const answer = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
  const { winner } = await (await fetch(`${api}/experiments/${WON}`)).json();
  if (winner !== "blue") throw new Error(`Expected blue to win, got ${answer.status}: ${await answer.text()}`);
}
