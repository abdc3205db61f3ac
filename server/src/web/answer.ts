/** What an answer looks like to whoever asked: a page for browsers, JSON for programs, and the same words in both. */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { h, type VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { mountedPage } from "./mount.ts";
import { type Frame, FrameContext } from "./page-frame.ts";
import { type Visitor, VisitorContext } from "./visitor.ts";

/** True when the caller reads pages: a browser says so in `Accept`. What is called `.json` is JSON for browsers too. */
export function wantsPage(request: FastifyRequest): boolean {
  return accepts(request).includes("text/html") && !/^[^?]*\.json(?:\?|$)/.test(request.url);
}

/** True when the caller asks for JSON and is no browser; whoever says nothing gets what 2.7 gave. */
export function wantsJson(request: FastifyRequest): boolean {
  return accepts(request).includes("application/json") && !wantsPage(request);
}

function accepts(request: FastifyRequest): string {
  return request.headers.accept ?? "";
}

/** Pages hold tokens and names, so no cache keeps them. */
export async function sendPage(reply: FastifyReply, status: number, page: VNode): Promise<FastifyReply> {
  const visitor = reply.visitor?.();
  const frame = await reply.frame?.();
  // Rendered before anything is sent: a form in the page may set the cookie of its token.
  const html = mountedPage(renderToString(h(Surroundings, { visitor, frame, page })), reply.server.basePath);
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .send(`<!doctype html>${html}`);
}

interface SurroundingsProps {
  readonly visitor: Visitor | undefined;
  readonly frame: Frame | undefined;
  readonly page: VNode;
}

/** What was refused before anything was known of the request has neither, and shows without. */
function Surroundings({ visitor, frame, page }: SurroundingsProps) {
  const known = visitor === undefined ? page : h(VisitorContext.Provider, { value: visitor, children: page });
  return frame === undefined ? known : h(FrameContext.Provider, { value: frame, children: known });
}

/** JSON with an ETag: whoever has it already gets 304 and no body. */
export function sendJson(request: FastifyRequest, reply: FastifyReply, body: object): FastifyReply {
  const text = JSON.stringify(body);
  const tag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
  reply.header("etag", tag).header("cache-control", "private, no-cache");
  if (holds(request.headers["if-none-match"], tag)) return reply.code(304).send();
  return reply.type("application/json; charset=utf-8").send(text);
}

/** Whether an `If-None-Match` names the tag; proxies that compress make it a weak one. */
function holds(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((item) => {
    const candidate = item.trim();
    return candidate === "*" || candidate === tag || candidate === `W/${tag}`;
  });
}
