import type { ServerResponse } from "node:http";
import { Webhook as Verifier } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { poster } from "../../../src/ops/post.ts";
import { StoreTrouble } from "../../../src/service/alerts/store-trouble.ts";
import { receive, receiver, SECRET, time, webhook } from "./support.ts";

receive();

/** "The store has taken no writes for half a minute … and again every minute", says docs/operations.md. */
const HALF_A_MINUTE_MS = 30_000;
const MINUTE_MS = 60_000;

describe("trouble with the store", () => {
  beforeEach(() => {
    sent.length = 0;
    // The waits between messages. Messages themselves are sent in real time.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const post = poster({ privateAllowed: true });
  const sent: Promise<unknown>[] = [];
  const troubleOf = (...webhooks: ReturnType<typeof webhook>[]) =>
    new StoreTrouble({
      ...{ webhooks, nowMs: () => time.nowMs, holder: "process" },
      post: (...message) => {
        const posted = post(...message);
        sent.push(posted);
        return posted;
      },
    });
  const texts = () => receiver.received.map(({ body }) => JSON.parse(body).data.text);
  // Not `expect.poll`, which moves the clock on by itself.
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const allAnswered = () => Promise.all(sent).then(() => pass(0));
  /** Lets a wait end, after which so many messages are sent. */
  const passAndTell = async (ms: number, messages: number) => {
    const before = sent.length;
    await pass(ms);
    expect(sent.length - before).toBe(messages);
    await allAnswered();
  };

  it("is told after half a minute, once, from memory, to those who hear of it", async () => {
    time.nowMs = Date.now();
    const told = troubleOf(webhook(), webhook("slack", { events: ["harm"] }));
    told.lost("the disk is full");
    told.lost("another reason");
    await pass(HALF_A_MINUTE_MS - 1);
    expect(receiver.received).toEqual([]);
    await passAndTell(1, 1);
    expect(receiver.received.map(({ path }) => path)).toEqual(["/json"]);
    const [{ body, headers } = { body: "", headers: {} }] = receiver.received;
    expect(new Verifier(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({
      type: "sixpack.store-trouble",
      data: { experiment: null, text: expect.stringContaining("the disk is full") },
    });
    // Nobody is left to be told, however long it lasts.
    told.lost("a third reason");
    await passAndTell(10 * MINUTE_MS, 0);
  });

  it("is told again every minute, as the same message, to those alone who have not taken it", async () => {
    let isTaken = false;
    receiver.answer = (response, { path }) => response.writeHead(path === "/slack" && !isTaken ? 503 : 204).end();
    const told = troubleOf(webhook(), webhook("slack"));
    told.lost("the disk is full");
    await passAndTell(HALF_A_MINUTE_MS, 2);
    await pass(MINUTE_MS - 1);
    expect(receiver.received).toHaveLength(2);
    await passAndTell(1, 1);
    isTaken = true;
    await passAndTell(MINUTE_MS, 1);
    expect(receiver.received.map(({ path }) => path).slice(2)).toEqual(["/slack", "/slack"]);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"]))).toHaveLength(1);
    await passAndTell(10 * MINUTE_MS, 0);
  });

  it("is not told when it has passed by then", async () => {
    const told = troubleOf(webhook());
    told.lost("a failover");
    await pass(HALF_A_MINUTE_MS - 1);
    told.regained();
    await passAndTell(MINUTE_MS, 0);
    told.lost("for long");
    await passAndTell(HALF_A_MINUTE_MS, 1);
    expect(texts()).toEqual([expect.stringContaining("for long")]);
  });

  it("is not told again when it has passed meanwhile", async () => {
    receiver.answer = (response) => response.writeHead(503).end();
    const told = troubleOf(webhook());
    told.lost("the disk is full");
    await passAndTell(HALF_A_MINUTE_MS, 1);
    told.regained();
    await passAndTell(10 * MINUTE_MS, 0);
  });

  it("is told anew when it begins again while the first message is on its way", async () => {
    const first = new Promise<ServerResponse>((come) => {
      receiver.answer = come;
    });
    const told = troubleOf(webhook());
    told.lost("for the first time");
    await pass(HALF_A_MINUTE_MS);
    const response = await first;
    receiver.answer = (later) => later.writeHead(204).end();
    told.regained();
    told.lost("for the second time");
    // That the receiver refuses the first one now says nothing of the second.
    response.writeHead(503).end();
    await allAnswered();
    await passAndTell(HALF_A_MINUTE_MS, 1);
    expect(texts()).toEqual([expect.stringContaining("first"), expect.stringContaining("second")]);
    await passAndTell(10 * MINUTE_MS, 0);
  });
});
