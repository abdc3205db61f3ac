/**
 * The dashboard under a path of a proxy, such as `/sixpack`.
 *
 * Inside, every address is written as from the root. Here the path is taken off what comes in, whether or not the proxy
 * has done so, and put in front of what goes out: links, forms and files of pages, and redirects. Cookies follow it in
 * `cookies.ts`.
 */
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { canonicalPath, cutQuery, underBase } from "../../ops/target.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** `/sixpack`, or empty at the root. */
    basePath: string;
  }
}

/** Where the slash counts: the page of an experiment, whose path is its JSON or a way to the page without, and files. */
const SLASH_COUNTS = /^\/(?:experiments\/[^/]+\/|assets\/.*)$/;

/** A slash at the end is optional: some paths of 2.7 had one, and clients build addresses by joining texts. */
function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") && !SLASH_COUNTS.test(path) ? path.slice(0, -1) : path;
}

/** The path of a request as routes know it: without the proxy's part and a slash at the end, whichever way it is spelled. */
export function unmounting(basePath: string): (request: IncomingMessage) => string {
  return ({ url = "/" }) => {
    const [written, query] = cutQuery(url);
    const path = canonicalPath(written);
    return `${withoutSlash(underBase(path, basePath) ?? path)}${query}`;
  };
}

export function addMount(app: FastifyInstance, basePath: string): void {
  app.decorate("basePath", basePath);
  if (basePath === "") return;
  app.addHook("onSend", async (_request, reply, payload) => {
    const location = reply.getHeader("location");
    if (typeof location === "string" && isOurs(location)) reply.header("location", `${basePath}${location}`);
    return payload;
  });
}

/** Attributes that hold an address. A quote in text is written `&quot;`, so nothing else can look like one. */
const ADDRESS = /(\s(?:href|action|formaction|src|data-root)=")(\/[^"]*)"/g;

/** A page with its addresses as the reader's browser needs them. */
export function mountedPage(html: string, basePath: string): string {
  if (basePath === "") return html;
  return html.replace(ADDRESS, (whole, attribute: string, address: string) =>
    isOurs(address) ? `${attribute}${basePath}${address}"` : whole,
  );
}

/** `//host/path` leads to another host. */
function isOurs(address: string): boolean {
  return address.startsWith("/") && !address.startsWith("//");
}
