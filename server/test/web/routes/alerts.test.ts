/** The page of alerts, its test message, and the feeds. */
import { describe, expect, test } from "vitest";
import { webhookId } from "../../../src/domain/webhook.ts";
import { setPaused } from "../../../src/service/administer/acts/state.ts";
import { Outbox } from "../../../src/service/alerts/outbox.ts";
import * as make from "../../support/make.ts";
import { GUARDED, loggedIn } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

const URL_OF_IT = "https://hooks.example.com/services/T0/very-secret";
const WEBHOOK = {
  id: webhookId(URL_OF_IT),
  url: URL_OF_IT,
  secret: undefined,
  events: undefined,
  format: "slack",
} as const;
const TOKEN = "a-token-of-twenty-four-letters";

async function dashboard() {
  const context = make.context();
  const experiment = await createExperiment(context, "button <&>");
  await context.analyst.noteFacts(experiment, [{ kind: "harm", subject: "a", sentence: "blue & <b> is worse." }]);
  const app = openApp(context, { webhooks: [WEBHOOK], feedToken: TOKEN });
  return { context, app };
}

describe("the page of alerts", () => {
  test("names a webhook by its host alone, and shows what became of messages", async () => {
    const { app, context } = await dashboard();
    const outbox = new Outbox(context.store);
    const message = { kind: "harm", experiment: "button <&>", subject: "", sentence: "", atMs: 0 } as const;
    await outbox.put("fact_1", WEBHOOK, message, context.clock.nowMs());
    const [kept] = await outbox.list();
    if (kept === undefined) throw new Error("Expected a message");
    const taken = await outbox.take(kept, context.clock.nowMs());
    if (taken === undefined) throw new Error("Expected to take it");
    await outbox.settle(taken, { delivered: false, last: "503" }, context.clock.nowMs());
    const { body } = await app.inject({ url: "/alerts", headers: { accept: "text/html" } });
    expect(body).toContain("hooks.example.com");
    expect(body).not.toContain("very-secret");
    expect(body).toContain("not taken (503), again");
  });

  test("tells webhooks on one host apart by their place in the configuration", async () => {
    const { context } = await dashboard();
    const second = { ...WEBHOOK, id: webhookId(`${URL_OF_IT}/2`), url: `${URL_OF_IT}/2` };
    const other = { ...WEBHOOK, id: webhookId("https://example.org/"), url: "https://example.org/" };
    const app = openApp(context, { webhooks: [WEBHOOK, other, second] });
    const message = { kind: "harm", experiment: "button <&>", subject: "", sentence: "", atMs: 0 } as const;
    await new Outbox(context.store).put("fact_1", second, message, context.clock.nowMs());
    const { body } = await app.inject({ url: "/alerts", headers: { accept: "text/html" } });
    expect(body).toContain("<strong>hooks.example.com (1 of 2)</strong>");
    expect(body).toContain("<strong>hooks.example.com (2 of 2)</strong>");
    expect(body).toContain("<strong>example.org</strong>");
    expect(body).toContain('<td class="cell-words">hooks.example.com (2 of 2)</td>');
  });

  test("promises nothing for a webhook that is not configured any more", async () => {
    const { context } = await dashboard();
    const outbox = new Outbox(context.store);
    const message = { kind: "harm", experiment: "button <&>", subject: "", sentence: "", atMs: 0 } as const;
    await outbox.put("fact_1", WEBHOOK, message, context.clock.nowMs());
    const read = async (app: Pick<ReturnType<typeof openApp>, "inject">) =>
      (await app.inject({ url: "/alerts", headers: { accept: "text/html" } })).body;
    expect(await read(openApp(context, { webhooks: [WEBHOOK] }))).toContain(">on its way</td>");
    const without = await read(openApp(context));
    expect(without).toContain(">not configured any more</td>");
    expect(without).toContain(">not taken</td>");
  });

  test("what was not taken is tried again at once under its id, what was taken is not", async () => {
    const { app, context } = await dashboard();
    const outbox = new Outbox(context.store);
    const message = { kind: "harm", experiment: "button <&>", subject: "", sentence: "", atMs: 0 } as const;
    await outbox.put("fact_1", WEBHOOK, message, context.clock.nowMs());
    const settle = async (delivered: boolean) => {
      const [kept] = await outbox.list();
      const taken = kept && (await outbox.take(kept, context.clock.nowMs()));
      if (taken === undefined) throw new Error("Expected a message to take");
      await outbox.settle(taken, { delivered, last: "503" }, context.clock.nowMs());
    };
    const retry = (person: Pick<typeof app, "inject">) =>
      person.inject({ method: "POST", url: "/alerts/retry", payload: { id: "fact_1", webhook: WEBHOOK.id } });
    await settle(false);
    const viewer = await loggedIn(openApp(context, { ...GUARDED, webhooks: [WEBHOOK] }), "vera");
    expect((await viewer.post("/alerts/retry", { id: "fact_1", webhook: WEBHOOK.id })).statusCode).toBe(403);
    expect((await outbox.list())[0]?.delivery.nextAtMs).toBe(context.clock.nowMs() + 60_000);
    expect((await retry(app)).statusCode).toBe(302);
    expect((await outbox.list())[0]?.delivery).toMatchObject({
      id: "fact_1",
      nextAtMs: context.clock.nowMs(),
      tries: 1,
    });
    await settle(true);
    expect((await retry(app)).statusCode).toBe(404);
    expect((await outbox.list())[0]?.delivery.nextAtMs).toBeNull();
  });

  test("a test is put where messages are sent from; a viewer may not, and an unknown webhook is 404", async () => {
    const { app, context } = await dashboard();
    const payload = { webhook: WEBHOOK.id };
    const answer = await app.inject({
      method: "POST",
      url: "/alerts/test",
      payload,
      headers: { accept: "application/json" },
    });
    expect(answer.json()).toMatchObject({ status: "ok", id: expect.stringMatching(/^test_/) });
    const [sent] = await new Outbox(context.store).list();
    expect(JSON.parse(sent?.delivery.body ?? "")).toEqual({ text: expect.stringContaining("This is a test") });
    expect((await app.inject({ method: "POST", url: "/alerts/test", payload: { webhook: "x" } })).statusCode).toBe(404);
    const viewer = await loggedIn(openApp(context, { ...GUARDED, webhooks: [WEBHOOK] }), "vera");
    expect((await viewer.post("/alerts/test", payload)).statusCode).toBe(403);
  });
});

describe("a feed", () => {
  test("holds each fact once under one id, and what people did as a line for each day that is over", async () => {
    const { app, context } = await dashboard();
    await setPaused(context, { name: "button <&>", actor: "ada" }, true);
    const read = async (query: string) => app.inject({ url: `/feed.atom?token=${TOKEN}${query}` });
    const today = await read("");
    expect(today.headers["content-type"]).toBe("application/atom+xml; charset=utf-8");
    expect(today.body.match(/<entry>/g)).toHaveLength(1);
    expect(today.body).toContain("<title>button &lt;&amp;&gt;: harm</title>");
    expect(today.body).toContain('<content type="text">blue &amp; &lt;b&gt; is worse.</content>');
    context.pass(86_400_000);
    const tomorrow = await read(`&experiment=${encodeURIComponent("button <&>")}`);
    expect(tomorrow.body.match(/<entry>/g)).toHaveLength(2);
    expect(tomorrow.body).toContain("ada paused button");
    const idOf = (body: string) => /<id>(urn:sixpack:fact_[^<]+)/.exec(body)?.[1];
    expect(idOf(tomorrow.body)).toBe(idOf(today.body));
  });

  test("is not there without its token, with another one, or where none is configured", async () => {
    const { app, context } = await dashboard();
    for (const url of ["/feed.atom", "/feed.atom?token=", `/feed.atom?token=${TOKEN}x`]) {
      expect((await app.inject({ url })).statusCode).toBe(404);
    }
    expect((await openApp(context).inject({ url: "/feed.atom?token=" })).statusCode).toBe(404);
    const guarded = openApp(context, { ...GUARDED, feedToken: TOKEN });
    expect((await guarded.inject({ url: `/feed.atom?token=${TOKEN}` })).statusCode).toBe(200);
    expect((await guarded.inject({ url: "/feed.atom" })).statusCode).toBe(404);
  });
});
