/** Streams that say that something changed, read as a browser reads them. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STREAMS_MAX } from "../../../src/web/routes/event-stream.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

const context = make.context();
const app = openApp(context);
let url = "";

beforeAll(async () => {
  await createExperiment(context, "button");
  await app.listen({ port: 0, host: "127.0.0.1" });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/events?watch=experiment:button`;
});
afterAll(() => app.close());

/** What a new stream says until it has said its stamp, and that stamp. */
async function opened(lastEventId?: string): Promise<{ readonly said: string; readonly stamp: string }> {
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  // Without an agent nothing is kept open that the server would wait for at its end.
  const [response]: IncomingMessage[] = await once(get(url, { headers, agent: false }), "response");
  let said = "";
  for await (const chunk of response ?? []) {
    said += chunk;
    const [, stamp] = /^id: (\S+)\n(?:.*\n)*\n/m.exec(said) ?? [];
    // Leaving the loop closes the connection.
    if (stamp !== undefined) return { said, stamp };
  }
  throw new Error(`Expected a stamp, got ${said}`);
}

test("a page hears of what changed while its stream was broken off, and of nothing else", async () => {
  const first = await opened();
  expect(first.said).not.toContain("event: changed");
  const again = await opened(first.stamp);
  expect(again).toEqual({ said: expect.not.stringContaining("event: changed"), stamp: first.stamp });
  await record(context, "button", crowd(0, 3, 1));
  const late = await opened(first.stamp);
  expect(late.said).toContain("event: changed");
  expect(late.stamp).not.toBe(first.stamp);
  // What it heard last is no news when the stream breaks off once more.
  expect((await opened(late.stamp)).said).not.toContain("event: changed");
});

test("opening a stream looks once", async () => {
  const read = context.store.definitions.read;
  let looks = 0;
  Object.assign(context.store.definitions, {
    read: (name: string) => {
      looks += 1;
      return read(name);
    },
  });
  await opened();
  Object.assign(context.store.definitions, { read });
  expect(looks).toBe(1);
});

test("a page that finds no room for its stream is told the stamp, gets one when another closes, and all end with the server", async () => {
  const full = openApp(context);
  await full.listen({ port: 0, host: "127.0.0.1" });
  const address = `http://127.0.0.1:${(full.server.address() as AddressInfo).port}/events?watch=experiment:button`;
  const ask = async (): Promise<IncomingMessage> => {
    const [response] = await once(get(address, { headers: { accept: "text/event-stream" }, agent: false }), "response");
    return response;
  };
  const kindOf = ({ headers }: IncomingMessage) => headers["content-type"]?.split(";")[0];
  const streams = await Promise.all(Array.from({ length: STREAMS_MAX }, ask));
  expect(new Set(streams.map(kindOf))).toEqual(new Set(["text/event-stream"]));
  const refused = await ask();
  expect(kindOf(refused)).toBe("application/json");
  expect(JSON.parse(await text(refused))).toEqual({ stamp: expect.stringMatching(/./) });
  streams.pop()?.destroy();
  await expect.poll(async () => kindOf((await ask()).resume())).toBe("text/event-stream");
  const ended = streams.map((stream) => once(stream.resume(), "end"));
  await full.close();
  await Promise.all(ended);
});
