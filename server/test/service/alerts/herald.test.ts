/** What was noticed leaves the server: once, to real receivers, over restarts and deaths, on every engine. */
import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../../src/domain/clock.ts";
import { dayOf } from "../../../src/domain/period.ts";
import { secretBytes, type Webhook, type WebhookFormat, webhookId } from "../../../src/domain/webhook.ts";
import { poster } from "../../../src/ops/post.ts";
import { mute } from "../../../src/service/administer/acts/state.ts";
import { Herald } from "../../../src/service/alerts/herald.ts";
import { Outbox, RETRY_AFTER_MS } from "../../../src/service/alerts/outbox.ts";
import { StoreTrouble } from "../../../src/service/alerts/store-trouble.ts";
import { seededRandom } from "../../../src/stats/random.ts";
import type { Store } from "../../../src/store/store.ts";
import { embeddedEngine, memoryEngine } from "../../store/engines/local.ts";
import { redisEngine } from "../../store/engines/redis.ts";
import { named } from "../../store/fixtures.ts";
import * as make from "../../support/make.ts";
import { Receiver } from "../../support/receiver.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const MINUTE_MS = 60_000;

let receiver: Receiver;
/** At noon: a digest of the day goes out at midnight. */
const NOON_MS = Date.UTC(2026, 0, 15, 12);
const time = { nowMs: NOON_MS };
const clock: Clock = {
  nowMs: () => time.nowMs,
  today: () => dayOf(time.nowMs),
  dayAt: (atMs) => dayOf(atMs),
  offsetAt: () => 0,
};

beforeAll(async () => {
  receiver = await Receiver.start();
});
beforeEach(() => {
  time.nowMs = NOON_MS;
  receiver.received.length = 0;
  receiver.answer = (response) => response.writeHead(204).end();
});
afterAll(() => receiver.stop());

function webhook(format: WebhookFormat = "json", more: Partial<Webhook> = {}): Webhook {
  const url = `${receiver.url}/${format}`;
  return { id: webhookId(url), url, secret: secretBytes(SECRET), events: undefined, format, ...more };
}

let heralds = 0;
function heraldOn(store: Store, webhooks: readonly Webhook[] = [webhook()]): Herald {
  heralds += 1;
  const holder = `herald ${heralds}`;
  return new Herald({ store, clock, webhooks, post: poster({ privateAllowed: true }), holder, onRefused: () => {} });
}

/** A store on which one experiment has something to tell. */
async function noticing(store: Store, subject = "a", name = "button"): Promise<void> {
  const experiment = (await store.definitions.read(name)) ?? (await make.created(store, make.draft({ name })));
  await make
    .context({ store, clock })
    .analyst.noteFacts(experiment, [{ kind: "harm", subject, sentence: `${subject} is shown worse.` }]);
}

const idsReceived = () => receiver.received.map(({ headers }) => String(headers["webhook-id"]));

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
    // By now whoever told last may have died: its lease has run out.
    await store.leases.claim("alerts", `herald ${heralds}`, 0, time.nowMs);
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

  it("what has no message of its own is a line once a day, for three processes and over a restart", async () => {
    const store = await open();
    const webhooks = [webhook("slack", { events: ["better", "digest"] }), webhook("json", { events: ["harm"] })];
    await noticing(store);
    await heraldOn(store, webhooks).round();
    const context = make.context({ store, clock });
    const target = { name: "button", actor: "ada" };
    for (const muted of ["true", "false"]) await mute.run(context, target, { body: { muted }, params: {} });
    await store.leases.claim("alerts", `herald ${heralds}`, 0, time.nowMs);
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
      await store.leases.claim("alerts", `herald ${heralds}`, 0, time.nowMs);
      await noticing(store);
      const herald = heraldOn(store, webhooks);
      await herald.round();
      time.nowMs += 24 * 60 * MINUTE_MS;
      await herald.round();
      expect([damaged, receiver.received.length]).toEqual([damaged, 1]);
    }
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
      await store.leases.claim("alerts", `herald ${heralds}`, 0, time.nowMs);
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

describe("a webhook", () => {
  const tell = async (webhooks: readonly Webhook[], name = "button") => {
    const [store] = [make.context().store];
    await noticing(store, "<a> & @everyone", name);
    await heraldOn(store, webhooks).round();
    return store;
  };

  it("hears the kinds that it asks for", async () => {
    await tell([webhook("json", { events: ["better"] }), webhook("slack", { events: ["harm"] })]);
    expect(receiver.received.map(({ path }) => path)).toEqual(["/slack"]);
  });

  it("hears in the words of its chat, and is not signed without a secret", async () => {
    await tell([webhook("slack"), webhook("discord", { secret: undefined }), webhook("teams")]);
    const bodyOf = (path: string) => JSON.parse(receiver.received.find((one) => one.path === path)?.body ?? "null");
    expect(bodyOf("/slack")).toEqual({ text: "button: &lt;a&gt; &amp; @everyone is shown worse." });
    expect(bodyOf("/discord")).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(bodyOf("/teams").attachments[0].content.body[0].text).toBe("button: <a> & @everyone is shown worse.");
    const signed = receiver.received.map(({ path, headers }) => [path, headers["webhook-signature"] !== undefined]);
    expect(Object.fromEntries(signed)).toEqual({ "/slack": true, "/discord": false, "/teams": true });
  });

  it("hears nothing of an experiment that is muted, whose log goes on", async () => {
    const context = make.context();
    await make.created(context.store, make.draft({ name: "button" }));
    await mute.run(context, { name: "button", actor: "ada" }, { body: {}, params: {} });
    await noticing(context.store);
    await heraldOn(context.store).round();
    expect(receiver.received).toEqual([]);
    expect((await context.store.activity.read({ limit: 1 }))[0]?.action).toBe("noticed-harm");
    const stored = await context.store.definitions.read(named("button"));
    expect(stored?.noticed.facts?.some(({ untold }) => untold)).toBe(false);
  });

  it("is not sent what waited when somebody muted the experiment, until somebody asks for it", async () => {
    receiver.answer = (response) => response.writeHead(503).end();
    const context = make.context({ clock });
    const { store } = context;
    for (const name of ["button", "banner"]) await noticing(store, "a", name);
    const herald = heraldOn(store);
    await herald.round();
    const target = { name: "button", actor: "ada" };
    await mute.run(context, target, { body: {}, params: {} });
    receiver.received.length = 0;
    receiver.answer = (response) => response.writeHead(204).end();
    time.nowMs += MINUTE_MS;
    await herald.round();
    expect(receiver.received.map(({ body }) => JSON.parse(body).data.experiment)).toEqual(["banner"]);
    const kept = (await new Outbox(store).list()).find(({ delivery }) => delivery.experiment === "button");
    expect(kept?.delivery).toMatchObject({ nextAtMs: null, last: "not sent: the experiment is muted", tries: 1 });
    // It is old news by then, like what was noticed meanwhile.
    await mute.run(context, target, { body: { muted: "false" }, params: {} });
    time.nowMs += 60 * MINUTE_MS;
    await herald.round();
    expect(receiver.received).toHaveLength(1);
    const { id, webhook: to } = kept?.delivery ?? { id: "", webhook: "" };
    await new Outbox(store).again(id, to, time.nowMs);
    await herald.round();
    expect(idsReceived().at(-1)).toBe(id);
  });

  it("that never takes a message has it given up after a day", async () => {
    receiver.answer = (response) => response.writeHead(503).end();
    const store = await tell([webhook()]);
    const startMs = time.nowMs;
    const herald = heraldOn(store);
    for (const waitMs of [...RETRY_AFTER_MS, ...RETRY_AFTER_MS]) {
      time.nowMs += waitMs;
      await herald.round();
    }
    expect(receiver.received).toHaveLength(RETRY_AFTER_MS.length + 1);
    const total = RETRY_AFTER_MS.reduce((sum, waitMs) => sum + waitMs, 0);
    expect(total).toBeGreaterThan(20 * 60 * MINUTE_MS);
    expect(total).toBeLessThanOrEqual(24 * 60 * MINUTE_MS);
    expect((await new Outbox(store).list())[0]?.delivery).toMatchObject({
      madeAtMs: startMs,
      nextAtMs: null,
      last: "503",
    });
  });

  it("waits no longer because the clock was set back", async () => {
    receiver.answer = (response) => response.writeHead(503).end();
    const store = await tell([webhook()]);
    time.nowMs -= 3 * 24 * 60 * MINUTE_MS;
    const herald = heraldOn(store);
    await store.leases.claim("alerts", `herald ${heralds - 1}`, 0, time.nowMs);
    await herald.round();
    expect(receiver.received).toHaveLength(2);
    await herald.round();
    expect(receiver.received).toHaveLength(2);
  });
});

describe("trouble with the store", () => {
  const trouble = (toldAfterMs: number) =>
    new StoreTrouble({
      ...{ webhooks: [webhook(), webhook("slack", { events: ["harm"] })], post: poster({ privateAllowed: true }) },
      ...{ nowMs: () => time.nowMs, holder: "process", toldAfterMs },
    });

  it("is told once while it lasts, from memory, to those who hear of it", async () => {
    time.nowMs = Date.now();
    const told = trouble(0);
    told.lost("the disk is full");
    told.lost("another reason");
    await expect.poll(() => receiver.received.map(({ path }) => path)).toEqual(["/json"]);
    const [{ body, headers } = { body: "", headers: {} }] = receiver.received;
    expect(new Verifier(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({
      type: "sixpack.store-trouble",
      data: { experiment: null, text: expect.stringContaining("the disk is full") },
    });
    told.regained();
  });

  it("is not told when it has passed by then", async () => {
    const told = trouble(20);
    told.lost("a failover");
    told.regained();
    const later = trouble(20);
    later.lost("for long");
    // Whatever the first one had to say would have come before.
    await expect
      .poll(() => receiver.received.map(({ body }) => JSON.parse(body).data.text))
      .toEqual([expect.stringContaining("for long")]);
    later.regained();
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
