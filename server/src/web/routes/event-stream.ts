/**
 * Live updates: server-sent events that only say that something changed, and a stamp to compare for those who can't
 * keep a stream open. The change itself is read from the page, so that there is only one source.
 */
import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requiredField } from "../../service/administer/fields.ts";
import type { ServiceContext } from "../../service/context.ts";
import { addRoute } from "../http/add-route.ts";
import { EVENTS_PATH } from "../http/urls.ts";
import type { WebOptions } from "../http/web-options.ts";
import { Pulse } from "./pulse.ts";

/** Most streams open at once. A page that finds no room for its own asks for the stamp again and again instead. */
export const STREAMS_MAX = 200;
/** A stream sends something at least this often, so that proxies don't close it; in milliseconds. */
const HEARTBEAT_MS = 20_000;

/** Random bytes that tell this process from every other. */
const PROCESS_BYTES = 8;

export function addEvents(
  app: FastifyInstance,
  context: Pick<ServiceContext, "store" | "analyst">,
  { randomBytes }: Pick<WebOptions, "randomBytes">,
): void {
  const pulse = new Pulse(context, randomBytes(PROCESS_BYTES).toString("hex"));
  const streams = new Set<ServerResponse>();
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end();
  });
  const GET = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const subject = requiredField(request.query, "watch");
    const wantsStream = request.headers.accept?.includes("text/event-stream") === true;
    if (!wantsStream || streams.size >= STREAMS_MAX) {
      return reply.send({ stamp: await pulse.stamp(subject) });
    }
    return stream(reply, pulse, subject, streams, request.headers["last-event-id"]);
  };
  addRoute(app, EVENTS_PATH, { GET });
}

/** @param seen the stamp that the page had when its last stream broke off, as browsers send it by themselves */
function stream(
  reply: FastifyReply,
  pulse: Pulse,
  subject: string,
  streams: Set<ServerResponse>,
  seen: FastifyRequest["headers"][string],
): FastifyReply {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    // Asks nginx not to wait for more.
    "x-accel-buffering": "no",
  });
  // Writing to a stream that was ended meanwhile would be an error that nobody hears.
  const say = (text: string): void => void (raw.writableEnded || raw.write(text));
  say("retry: 5000\n\n");
  streams.add(raw);
  let last = seen;
  const stop = pulse.watch(subject, (stamp) => {
    // The first one is news only to a page that had another.
    say(last === undefined || last === stamp ? `id: ${stamp}\n\n` : changed(stamp));
    last = stamp;
  });
  const beat = setInterval(() => say(": still here\n\n"), HEARTBEAT_MS);
  raw.on("close", () => {
    clearInterval(beat);
    stop();
    streams.delete(raw);
  });
  return reply;
}

function changed(stamp: string): string {
  return `event: changed\nid: ${stamp}\ndata: ${stamp}\n\n`;
}
