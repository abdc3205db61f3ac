/** What each webhook hears, and how long it is asked to. */
import { describe, expect, it } from "vitest";
import type { Webhook } from "../../../src/domain/webhook.ts";
import { mute } from "../../../src/service/administer/acts/state.ts";
import { Outbox, RETRY_AFTER_MS } from "../../../src/service/alerts/outbox.ts";
import { named } from "../../store/fixtures.ts";
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
  time,
  webhook,
} from "./support.ts";

receive();

const DAY_MS = 86_400_000;

/** A name that a stranger may give: a link under other words for each chat, and a mark that turns text around. */
const LINK = "<https://x.example|a> [b](https://x.example) **\u202e";

/** The text of a card for Teams, which only a TextRun shows as it is. */
function runsOf({ attachments }: { attachments: { content: { body: { inlines: { text: string }[] }[] } }[] }) {
  return attachments[0]?.content.body[0]?.inlines.map(({ text }) => text).join("");
}

describe("a webhook", () => {
  const tell = async (webhooks: readonly Webhook[], name = "button") => {
    const { store } = make.context();
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
    expect(runsOf(bodyOf("/teams"))).toBe("button: <a> & @everyone is shown worse.");
    const signed = receiver.received.map(({ path, headers }) => [path, headers["webhook-signature"] !== undefined]);
    expect(Object.fromEntries(signed)).toEqual({ "/slack": true, "/discord": false, "/teams": true });
  });

  it("reads the name of an experiment as text, whatever its chat takes for markup or can't show", async () => {
    await tell([webhook("slack"), webhook("discord"), webhook("teams"), webhook("json")], LINK);
    const bodyOf = (path: string) => JSON.parse(receiver.received.find((one) => one.path === path)?.body ?? "null");
    const shown = '"<https://x.example|a> [b](https://x.example) **\\u{202e}"';
    expect(bodyOf("/slack").text.replaceAll("&lt;", "<").replaceAll("&gt;", ">")).toContain(shown);
    expect(bodyOf("/slack").text).not.toMatch(/[<>]/);
    expect(bodyOf("/discord").content.replaceAll(/\\(.)/g, "$1")).toContain(shown);
    expect(bodyOf("/discord").content).not.toMatch(/(?<!\\)[[\]<*]/);
    expect(runsOf(bodyOf("/teams"))).toContain(shown);
    expect(bodyOf("/json").data.experiment).toBe(LINK);
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
    expect(await new Outbox(context.store).list()).toEqual([]);
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

  it("hears what waits longest first, where more is due than goes at once", async () => {
    receiver.answer = (response) => response.writeHead(503).end();
    const { store } = make.context();
    const herald = heraldOn(store);
    const eight = (word: string) => Array.from({ length: 8 }, (_, number) => `${word} ${number}`);
    for (const subject of eight("old")) await noticing(store, subject);
    await herald.round();
    for (const subject of eight("new")) await noticing(store, subject);
    time.nowMs += MINUTE_MS;
    receiver.received.length = 0;
    await herald.round();
    expect(receiver.received.map(({ body }) => JSON.parse(body).data.text).toSorted()).toEqual(
      eight("old").map((subject) => `${subject} is shown worse.`),
    );
  });

  it("hears in its line of a day nothing from before it was there, and nothing of what is muted", async () => {
    const context = make.context({ clock });
    const { store } = context;
    for (const name of ["button", "banner"]) await make.created(store, make.draft({ name }));
    const act = (name: string, muted: string) =>
      mute.run(context, { name, actor: "ada" }, { body: { muted }, params: {} });
    await act("button", "true");
    const herald = heraldOn(store, [webhook("json", { events: ["digest"] })]);
    time.nowMs += DAY_MS;
    await herald.round();
    await act("button", "false");
    await act("banner", "true");
    time.nowMs += DAY_MS;
    await herald.round();
    expect(receiver.received.map(({ body }) => JSON.parse(body).data.text)).toEqual([
      "1 change on 2026-01-16: ada unmuted button",
    ]);
  });

  it("is sent nothing a second time while it takes its time to answer, also by another process", async () => {
    const { store } = make.context();
    await noticing(store);
    let take: (() => void) | undefined;
    receiver.answer = (response) => {
      take = () => response.writeHead(204).end();
    };
    const first = heraldOn(store).round();
    await expect.poll(() => take).toBeDefined();
    await letDie(store);
    await heraldOn(store).round();
    take?.();
    await first;
    expect(idsReceived()).toHaveLength(1);
  });

  it("has its last 200 messages kept, for people to see", async () => {
    const { store } = make.context();
    const outbox = new Outbox(store);
    const message = { kind: "harm", experiment: "button", subject: "", sentence: "It does worse.", atMs: 0 } as const;
    for (let number = 0; number < 203; number += 1) await outbox.put(`old ${number}`, webhook(), message, number);
    for (const kept of await outbox.list()) await outbox.giveUp(kept, "404");
    await noticing(store);
    await heraldOn(store).round();
    const left = (await outbox.list()).map(({ delivery }) => delivery);
    expect(left).toHaveLength(201);
    expect([left[0]?.last, left.at(-1)?.id]).toEqual(["204", "old 3"]);
  });

  it("that took a message is not sent it again, whoever asks", async () => {
    const store = await tell([webhook()]);
    const [{ delivery } = { delivery: undefined }] = await new Outbox(store).list();
    if (delivery === undefined) throw new Error("Expected a delivery");
    expect(await new Outbox(store).again(delivery.id, delivery.webhook, time.nowMs)).toBe(false);
    expect(await new Outbox(store).again(delivery.id, "another", time.nowMs)).toBe(false);
    await heraldOn(store).round();
    expect(idsReceived()).toEqual([delivery.id]);
  });

  it("that never takes a message has it given up after a day", async () => {
    receiver.answer = (response) => response.writeHead(503).end();
    const store = await tell([webhook()]);
    const startMs = time.nowMs;
    await letDie(store);
    const reasons: string[] = [];
    const herald = heraldOn(store, [webhook()], (_, reason) => reasons.push(reason));
    for (const waitMs of [...RETRY_AFTER_MS, ...RETRY_AFTER_MS]) {
      time.nowMs += waitMs;
      await herald.round();
    }
    expect(receiver.received).toHaveLength(RETRY_AFTER_MS.length + 1);
    expect(reasons).toEqual(RETRY_AFTER_MS.map(() => "503"));
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
    await letDie(store);
    const herald = heraldOn(store);
    await herald.round();
    expect(receiver.received).toHaveLength(2);
    await herald.round();
    expect(receiver.received).toHaveLength(2);
  });
});
