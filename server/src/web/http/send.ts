/** Answers in the form that the caller wants: a page for browsers, JSON for programs, with the same words in both. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ComponentChild, h, type VNode } from "preact";
import { holdsTag } from "../../ops/etag.ts";
import { inTurns } from "../../service/in-turns.ts";
import { type CurrentUser, CurrentUserContext } from "./current-user.ts";
import { type Frame, FrameContext } from "./frame.ts";
import { mountedPage } from "./mount.ts";
import { pageSteps } from "./page-steps.ts";

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

export async function sendPage(reply: FastifyReply, status: number, page: VNode): Promise<FastifyReply> {
  const user = reply.currentUser?.();
  const frame = await reply.frame?.();
  const { basePath } = reply.server;
  const around = (part: ComponentChild) => h(Surroundings, { user, frame, page: part });
  // Rendered before anything is sent: a form may set the cookie of its token, and a part that fails makes it an error.
  const html = await inTurns(pageSteps(page, around, (piece) => Buffer.from(mountedPage(piece, basePath))));
  return reply.code(status).type("text/html; charset=utf-8").send(html);
}

interface SurroundingsProps {
  readonly user: CurrentUser | undefined;
  readonly frame: Frame | undefined;
  readonly page: ComponentChild;
}

/** A request that was refused before it was read has neither, and its page is shown without them. */
function Surroundings({ user, frame, page }: SurroundingsProps) {
  const known = user === undefined ? page : h(CurrentUserContext.Provider, { value: user, children: page });
  return frame === undefined ? known : h(FrameContext.Provider, { value: frame, children: known });
}

/** JSON with an ETag: whoever has it already gets 304 and no body. */
export function sendJson(request: FastifyRequest, reply: FastifyReply, body: object): FastifyReply {
  return sendJsonText(request, reply, JSON.stringify(body));
}

/** The same for JSON that is written already. */
export function sendJsonText(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  const tag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
  reply.header("etag", tag).header("cache-control", "private, no-cache");
  if (holdsTag(request.headers["if-none-match"], tag)) return reply.code(304).send();
  return reply.type("application/json; charset=utf-8").send(text);
}

/** A file that is made anew each time. */
export function sendFile(reply: FastifyReply, type: string, content: string | Readable): FastifyReply {
  return reply.type(type).send(content);
}

/** Longest part of a file's name that comes from an experiment, in characters: file systems stop at 255 bytes. */
const FILE_NAME_LENGTH_MAX = 50;

/**
 * Has browsers save the answer as a file.
 * @param nameOf the file's name around the experiment's, such as `sixpack_export_<experiment>.csv`
 */
export function attach(reply: FastifyReply, experiment: string, nameOf: (experiment: string) => string): void {
  const short = [...experiment].slice(0, FILE_NAME_LENGTH_MAX).join("");
  // Headers allow no quotes or line ends, file systems no slashes, and marks that reverse the direction of text are
  // misleading.
  const plain = nameOf(short.replace(/[^\w.-]/g, "_"));
  const full = nameOf(short.replace(/[^\p{L}\p{M}\p{N}_.-]/gu, "_"));
  const extended = full === plain ? "" : `; filename*=UTF-8''${encodeURIComponent(full)}`;
  reply.header("content-disposition", `attachment; filename="${plain}"${extended}`);
}
