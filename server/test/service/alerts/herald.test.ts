/** What was noticed leaves the server: once, to real receivers, over restarts and deaths, on every engine. */
import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DAY_MS } from "../../../src/lib/time.ts";
import { mute } from "../../../src/service/administer/acts/state.ts";
import { Outbox } from "../../../src/service/alerts/outbox.ts";
import { seededRandom } from "../../../src/stats/random.ts";
import type { Store } from "../../../src/store/store.ts";
import { embeddedEngine, memoryEngine } from "../../store/engines/local.ts";
import { redisEngine } from "../../store/engines/redis.ts";
import * as make from "../../support/make.ts";
import {
  clock,
  heraldOn,
  idsReceived,
  letDie,
  MINUTE_MS,
  noticing,
  receive,
  receiver,
  SECRET,
  time,
  webhook,
} from "./support.ts";

receive();

describe.each([memoryEngine(), embeddedEngine(), redisEngine()])("on the $name store", (engine) => {
  const opened: Store[] = [];
  const open = async () => {
    const store = await engine.open();
    opened.push(store);
    return store;
  };
  beforeAll(() => engine.start());
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });
  afterAll(() => engine.stop());

  it("a fact is a line in the log and a signed message, once for three processes", async () => {
    // A verifier refuses what is older than five minutes by its own clock.
    time.nowMs = Date.now();
    const store = await open();
    await noticing(store);
    const processes = [1, 2, 3].map(() => heraldOn(store));
    await Promise.all(processes.map((herald) => herald.round()));
    for (const herald of processes) await herald.round();
    expect(receiver.received).toHaveLength(1);
    const [{ body, headers } = { body: "", headers: {} }] = receiver.received;
    const verified = new Verifier(SECRET).verify(body, headers as Record<string, string>);
    expect(verified).toMatchObject({
      type: "sixpack.harm",
      data: { experiment: "button", subject: "a", text: "a is shown worse." },
    });
    expect(() => new Verifier(SECRET).verify(`${body} `, headers as Record<string, string>)).toThrow("signature");
    const log = await store.activity.read({ limit: 9 });
    expect(log.map(({ actor, action, after }) => [actor, action, after])).toEqual([
      ["server", "noticed-harm", "a is shown worse."],
    ]);
  });

  it("a message does not wait behind those that another receiver refused", async () => {
    const store = await open();
    const [dead, alive] = [webhook(), { ...webhook("slack"), events: ["better"] } as const];
    const herald = heraldOn(store, [{ ...dead, events: ["harm"] }, alive]);
    receiver.answer = (response) => response.writeHead(503).end();
    for (let number = 0; number < 20; number += 1) await noticing(store, `${number}`);
    for (let rounds = 0; rounds < 3; rounds += 1) await herald.round();
    expect(receiver.received).toHaveLength(20);
    time.nowMs += 3 * MINUTE_MS;
    const experiment = await store.definitions.read("button");
    if (experiment === undefined) throw new Error("Expected the experiment");
    const better = { kind: "better", subject: "a", sentence: "a is shown better." } as const;
    await make.context({ store, clock }).analyst.noteFacts(experiment, [better]);
    await herald.round();
    expect(receiver.received.slice(20).map(({ body }) => body)).toContainEqual(expect.stringContaining("shown better"));
  });

  it("a message that is not taken is tried again from a minute on, with the same id, also after a restart", async () => {
    let store = await open();
    await noticing(store);
    receiver.answer = (response) => response.writeHead(500).end();
    await heraldOn(store).round();
    if (engine.reopen !== null) {
      opened.splice(opened.indexOf(store), 1);
      store = await engine.reopen(store);
      opened.push(store);
    }
    time.nowMs += MINUTE_MS - 1;
    // By now whoever told last may have died.
    await letDie(store);
    const after = heraldOn(store);
    await after.round();
    expect(receiver.received).toHaveLength(1);
    time.nowMs += 1;
    await after.round();
    receiver.answer = (response) => response.writeHead(204).end();
    time.nowMs += 2 * MINUTE_MS;
    await after.round();
    time.nowMs += 10 * MINUTE_MS;
    await after.round();
    expect(idsReceived()).toHaveLength(3);
    expect(new Set(idsReceived()).size).toBe(1);
    const [delivery] = await new Outbox(store).list();
    expect(delivery?.delivery).toMatchObject({ tries: 3, last: "204", nextAtMs: null });
  });

  it("what is noticed again later, in the same words, is another line in the log", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "button" }));
    const { analyst } = make.context({ store, clock });
    for (const subject of ["once", "again"]) {
      await analyst.noteFacts(experiment, [{ kind: "paused", subject, sentence: "The experiment is paused." }]);
      await heraldOn(store).round();
      await letDie(store);
      time.nowMs += MINUTE_MS;
    }
    expect((await store.activity.read({ limit: 10 })).map(({ action }) => action)).toEqual([
      "noticed-paused",
      "noticed-paused",
    ]);
  });

  it("what has no message of its own is a line once a day, for three processes and over a restart", async () => {
    const store = await open();
    const webhooks = [webhook("slack", { events: ["better", "digest"] }), webhook("json", { events: ["harm"] })];
    await noticing(store);
    await heraldOn(store, webhooks).round();
    const context = make.context({ store, clock });
    const target = { name: "button", actor: "ada" };
    for (const muted of ["true", "false"]) await mute.run(context, target, { body: { muted }, params: {} });
    await letDie(store);
    const processes = [1, 2, 3].map(() => heraldOn(store, webhooks));
    receiver.received.length = 0;
    for (const herald of processes) await herald.round();
    expect(receiver.received).toEqual([]);
    time.nowMs += 24 * 60 * MINUTE_MS;
    await Promise.all(processes.map((herald) => herald.round()));
    for (const herald of [...processes, heraldOn(store, webhooks)]) await herald.round();
    const [{ path, body } = { path: "", body: "" }, ...more] = receiver.received;
    expect(more).toEqual([]);
    expect(path).toBe("/slack");
    expect(JSON.parse(body).text).toMatch(
      /^3 changes on [\d-]{10}: server noticed: harm button; ada muted button; ada unmuted button$/,
    );
    // Nor does a restart repeat it, and a day without changes has no line.
    let last = store;
    if (engine.reopen !== null) {
      opened.splice(opened.indexOf(store), 1);
      last = await engine.reopen(store);
      opened.push(last);
    }
    for (let day = 0; day < 2; day += 1) {
      await heraldOn(last, webhooks).round();
      time.nowMs += 24 * 60 * MINUTE_MS;
    }
    expect(receiver.received).toHaveLength(1);
  });

  it("a damaged note of the last digest costs no later one", async () => {
    for (const damaged of ["yesterday", "", "1e9999", "-5", "20000.5", "{}"]) {
      receiver.received.length = 0;
      const store = await open();
      const webhooks = [webhook("slack", { events: ["digest"] })];
      await store.notes.swap("digests", "digests", null, damaged);
      await heraldOn(store, webhooks).round();
      await letDie(store);
      await noticing(store);
      const herald = heraldOn(store, webhooks);
      await herald.round();
      time.nowMs += 24 * 60 * MINUTE_MS;
      await herald.round();
      expect([damaged, receiver.received.length]).toEqual([damaged, 1]);
    }
  });

  it.each([
    ["a day", 1],
    ["years", 1_000],
  ])("a clock that was %s ahead for a while costs no later line of a day", async (_, days) => {
    const store = await open();
    const webhooks = [webhook("slack", { events: ["digest"] })];
    await noticing(store);
    const herald = heraldOn(store, webhooks);
    await herald.round();
    const rightMs = time.nowMs;
    time.nowMs = rightMs + days * DAY_MS;
    await herald.round();
    time.nowMs = rightMs;
    await herald.round();
    receiver.received.length = 0;
    time.nowMs += DAY_MS;
    await noticing(store, "b");
    await herald.round();
    time.nowMs += DAY_MS;
    await herald.round();
    expect(receiver.received.map(({ body }) => JSON.parse(body).text)).toEqual([
      "1 change on 2026-01-16: server noticed: harm button",
    ]);
  });

  it("a hundred deaths between any two steps leave one id and one line for each fact", async () => {
    const store = await open();
    const random = seededRandom(18);
    for (let death = 0; death < 100; death += 1) {
      const mortal = dyingAfter(store, Math.floor(random() * 12));
      await noticing(mortal, `arm ${death}`).catch(() => {});
      // Who noticed it in vain notices it again.
      await noticing(store, `arm ${death}`);
      const holder = heraldOn(mortal);
      await holder.round().catch(() => {});
      await letDie(store);
      if (death % 10 === 9) time.nowMs += 2 * MINUTE_MS;
    }
    const last = heraldOn(store);
    for (let round = 0; round < 40; round += 1) {
      time.nowMs += MINUTE_MS;
      await last.round();
    }
    expect(new Set(idsReceived()).size).toBe(100);
    const texts = new Set(receiver.received.map(({ body }) => JSON.parse(body).data.subject));
    expect(texts.size).toBe(100);
    const log = await store.activity.read({ limit: 999 });
    expect(log.filter(({ action }) => action === "noticed-harm")).toHaveLength(100);
  });
});

/** A store that a process loses after so many calls, as if it had died in the middle. */
function dyingAfter(store: Store, calls: number): Store {
  let left = calls;
  const mortal = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get: (target, verb) => {
        const call: unknown = Reflect.get(target, verb);
        if (typeof call !== "function") return call;
        return async (...given: readonly unknown[]) => {
          left -= 1;
          if (left < 0) throw new Error("died");
          return Reflect.apply(call, target, given);
        };
      },
    });
  const { definitions, activity, leases, notes } = store;
  return {
    ...{
      peek: store.peek,
      lives: store.lives,
      records: store.records,
      tallies: store.tallies,
      transfer: store.transfer,
    },
    ...{ definitions: mortal(definitions), activity: mortal(activity), leases: mortal(leases), notes: mortal(notes) },
    ...{
      status: () => store.status(),
      ping: () => store.ping(),
      probe: () => store.probe(),
      close: () => store.close(),
    },
  };
}
