import { describe, expect, test } from "vitest";
import { ACTIVITY_PAGE_SIZE } from "../../../src/service/administer/activity-query.ts";
import * as make from "../../support/make.ts";
import { Browser } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

async function dashboard() {
  const context = make.context();
  const button = await createExperiment(context, "button");
  const link = await createExperiment(context, "link");
  const app = openApp(context);
  const append = (number: number, actor = "ada", experiment = button.name) =>
    context.store.activity.append({
      atMs: context.clock.nowMs(),
      experiment,
      actor,
      action: "describe",
      before: null,
      after: `text ${number}.`,
    });
  return { context, browser: new Browser(app), append, link };
}

describe("the activity page", () => {
  test("says who did what to which experiment, when, and what it was before and after", async () => {
    const { browser } = await dashboard();
    await browser.post("/experiments/button/pause");
    await browser.post("/experiments/link/winner/", { alternative_name: "blue" });
    const { body } = await browser.get("/activity");
    const rows = [...body.matchAll(/<tr><td>.*?<\/tr>/g)].map(([row]) =>
      row.replace(/<[^>]+>/g, " ").replace(/ +/g, " "),
    );
    expect(rows).toEqual([
      " 2025-03-01 12:00 UTC anyone link set the winner blue Undo ",
      " 2025-03-01 12:00 UTC anyone button paused running → paused Undo ",
    ]);
    expect(body).toContain('href="/experiments/link/"');
    expect(body).toContain('<time datetime="2025-03-01T12:00:00.000Z" data-moment');
  });

  test("shows a moment that an entry tells by the clock of whoever reads, as the moment of the entry", async () => {
    const { browser } = await dashboard();
    await browser.post("/experiments/button/intake", { intake: "closed" });
    const { body } = await browser.get("/activity");
    expect(body).toMatch(
      /closed since <time datetime="2025-03-01T12:00:00.000Z" data-moment[^>]*>2025-03-01 12:00 UTC</,
    );
  });

  test("leaves what people wrote as it is where it only looks like a moment", async () => {
    const { browser } = await dashboard();
    const description = "From 2025-02-31 12:00 UTC to 2025-13-45 99:99 UTC";
    await browser.post("/experiments/button/description", { description });
    for (const path of ["/activity", "/experiments/button/"]) {
      const { statusCode, body } = await browser.get(path);
      expect([path, statusCode, body.includes(description)]).toEqual([path, 200, true]);
    }
  });

  test("filters by experiment, by actor and by both, also by following a name", async () => {
    const { browser, append, link } = await dashboard();
    await append(1);
    await append(2, "ed");
    await append(3, "ed", link.name);
    const shown = async (query: string) =>
      [...(await browser.get(`/activity${query}`)).body.matchAll(/text (\d+)\./g)].map(([, number]) => number);
    expect(await shown("")).toEqual(["3", "2", "1"]);
    expect(await shown("?experiment=button&actor=")).toEqual(["2", "1"]);
    expect(await shown("?actor=ed")).toEqual(["3", "2"]);
    expect(await shown("?actor=ed&experiment=button")).toEqual(["2"]);
    // A whole name selects its own entries, a part of one those of all that have it.
    expect(await shown("?experiment=UTT&actor=E")).toEqual(["2"]);
    expect(await shown("?action=describe&actor=ada")).toEqual(["1"]);
    expect(await shown("?action=pause")).toEqual([]);
    expect((await browser.get("/activity?actor=nobody")).body).toContain("Nothing in the log matches.");
    expect((await browser.get("/activity")).body).toContain('href="/activity?actor=ed"');
  });

  test("offers to choose from what the whole log has, whatever is chosen", async () => {
    const { browser, append } = await dashboard();
    await append(1, "ed");
    await browser.post("/experiments/link/pause");
    const { body } = await browser.get("/activity?actor=ed");
    const options = [...body.matchAll(/<option (?:selected )?value="([^"]*)"/g)].map(([, value]) => value);
    expect(options).toEqual(["button", "link", "anyone", "ed", "describe", "pause"]);
  });

  test("tells of an act that sets many fields only those that differ", async () => {
    const { browser } = await dashboard();
    const plan = { kpi: "", decides_on: "rate", baseline_rate: "5%", minimum_uplift: "10%", power: "80%" };
    await browser.post("/experiments/button/plan", plan);
    await browser.post("/experiments/button/plan", { ...plan, minimum_uplift: "20%" });
    await browser.post("/experiments/button/about", { owner: "ann", tags: "shop" });
    await browser.post("/experiments/button/about", { owner: "bob" });
    await browser.post("/experiments/button/traffic", { traffic_percent: "50" });
    const { body } = await browser.get("/activity");
    const changes = [...body.matchAll(/<tr><td>.*?<\/tr>/g)].map(([row]) =>
      [...row.matchAll(/<li>(.*?)<\/li>/g)].map(([, item = ""]) => item.replace(/<[^>]+>/g, "")),
    );
    expect(changes).toEqual([
      [],
      [],
      ["owner: ann → bob"],
      ["owner: ann", "tags: shop"],
      ["smallest uplift that matters: 10% → 20%", expect.stringMatching(/^visitors: [\d,]+ → [\d,]+$/)],
      expect.arrayContaining(["decided by: the default KPI", "rate today: 5%", "chance to find it: 80%"]),
    ]);
    expect(body.replace(/<[^>]+>/g, "")).toContain("changed the traffic100% → 50%");
  });

  test("has an undo in the row for as long as there is one, which leads back", async () => {
    const { browser, context } = await dashboard();
    await browser.post("/experiments/button/pause");
    context.pass(1);
    await browser.post("/experiments/link/archive");
    context.pass(1);
    await browser.post("/experiments/button/pause");
    const ways = async () => {
      const { body } = await browser.get("/activity?experiment=button");
      return [...body.matchAll(/<tr><td>.*?<\/tr>/g)].map(([row]) => /<button[^>]*>(\w+)</.exec(row)?.[1]);
    };
    // The pause was ended by the later act.
    expect(await ways()).toEqual(["Undo", undefined]);
    const { body } = await browser.get("/activity?experiment=button");
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? "";
    const back = field("back");
    expect(back).toBe("/activity?experiment=button");
    context.pass(1);
    const undone = await browser.post("/experiments/button/undo", {
      at_ms: field("at_ms"),
      action: field("action"),
      back,
    });
    expect(undone.headers.location).toBe(back);
    expect(await context.store.definitions.read("button")).toMatchObject({ paused: true });
    expect(await ways()).toEqual(["Undo", undefined, undefined]);
    await browser.post("/experiments/button/reset/");
    expect(await ways()).toEqual(["Restore", undefined, undefined, undefined]);
    context.pass(7 * 24 * 3_600_000);
    expect(await ways()).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("leads nowhere but to a page of the dashboard", async () => {
    const { browser } = await dashboard();
    const { headers } = await browser.post("/experiments/button/pause", { back: "https://elsewhere.invalid/" });
    expect(headers.location).toBe("/");
  });

  test("is a file too, of what is selected", async () => {
    const { browser, append } = await dashboard();
    await append(1, "=ed");
    await append(2);
    await browser.post("/experiments/link/pause");
    const { body, headers } = await browser.get("/activity.csv?experiment=button");
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(body.split("\r\n")).toEqual([
      "at,experiment,actor,action,words,before,after",
      "2025-03-01T12:00:00.000Z,button,ada,describe,described,,text 2.",
      "2025-03-01T12:00:00.000Z,button,'=ed,describe,described,,text 1.",
      "",
    ]);
    const { entries } = JSON.parse((await browser.get("/activity.json?action=pause")).body);
    expect(entries).toEqual([
      {
        at: "2025-03-01T12:00:00.000Z",
        at_ms: 1_740_830_400_000,
        experiment: "link",
        actor: "anyone",
        action: "pause",
        words: "paused",
        before: "running",
        after: "paused",
        changes: [{ field: null, before: "running", after: "paused" }],
      },
    ]);
  });

  test("turns pages without losing an entry, however many fall on one moment", async () => {
    const { browser, append } = await dashboard();
    const count = 2 * ACTIVITY_PAGE_SIZE + 1;
    for (let number = 0; number < count; number += 1) await append(number);
    const seen: string[] = [];
    let url: string | undefined = "/activity?actor=ada";
    while (url !== undefined) {
      const { body }: { body: string } = await browser.get(url);
      seen.push(...[...body.matchAll(/text (\d+)\./g)].map(([, number = ""]) => number));
      url = /href="([^"]+)">Earlier</.exec(body)?.[1]?.replaceAll("&amp;", "&");
    }
    expect(seen).toEqual(Array.from({ length: count }, (_, number) => String(count - 1 - number)));
  });

  test("reads the whole log once, then little more than it shows", async () => {
    const { browser, context, append, link } = await dashboard();
    for (let number = 0; number < 5 * ACTIVITY_PAGE_SIZE; number += 1) await append(number);
    const limits: number[] = [];
    const { activity } = context.store;
    const read = activity.read.bind(activity);
    activity.read = (query) => {
      limits.push(query.limit);
      return read(query);
    };
    const sumOf = async (url: string) => {
      limits.length = 0;
      await browser.get(url);
      return limits.reduce((sum, limit) => sum + limit, 0);
    };
    expect(await sumOf("/activity")).toBeGreaterThan(5 * ACTIVITY_PAGE_SIZE);
    expect(await sumOf("/activity")).toBe(2 * ACTIVITY_PAGE_SIZE + 1);
    // What is new is offered, and costs no more.
    await append(0, "eve", link.name);
    expect(await sumOf("/activity")).toBe(2 * ACTIVITY_PAGE_SIZE + 1);
    expect((await browser.get("/activity")).body).toContain('<option value="eve">');
  });

  test.each(["0", "-1", "x", "1e9", "999999"])("refuses page %s", async (page) => {
    const { browser } = await dashboard();
    expect((await browser.get(`/activity?page=${page}`)).statusCode).toBe(400);
  });

  test.each(["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)"])(
    "shows %s as text, whoever wrote it where",
    async (payload) => {
      const { browser, context, link } = await dashboard();
      const long = `${payload}${"x".repeat(100)}`;
      await context.store.activity.append({
        atMs: 0,
        experiment: link.name,
        actor: payload,
        action: payload,
        before: payload,
        after: long,
      });
      const { body } = await browser.get(`/activity?actor=${encodeURIComponent(payload)}`);
      expect(body).not.toMatch(/<script(?! type="module" src="\/assets\/)|<img|href="javascript:/);
      expect(body).toContain("xxx");
    },
  );

  test("is kept by no cache", async () => {
    const { browser } = await dashboard();
    for (const url of ["/activity", "/removed", "/experiments/button/reset"]) {
      expect((await browser.get(url)).headers["cache-control"]).toBe("no-store");
    }
  });
});

test("a page that was reset says so, with who did it and what can come back, for as long as it can", async () => {
  const { browser, context } = await dashboard();
  expect((await browser.get("/experiments/button/")).body).not.toContain("Reset on");
  await browser.post("/experiments/button/reset/", { confirm_name: "button" });
  const words = async (url: string) => (await browser.get(url)).body.replace(/<[^>]+>/g, "");
  expect(await words("/experiments/button/")).toContain(
    "Reset on 2025-03-01 by anyone. What it held (0 visitors) can be restored for 7 days.",
  );
  expect(await words("/removed")).toContain("reset by anyone");
  context.pass(7 * 24 * 3_600_000);
  expect((await browser.get("/experiments/button/")).body).not.toContain("Reset on");
});
