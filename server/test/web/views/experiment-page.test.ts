/** What the page of an experiment says first, what it leaves to a click, and what a view of it may not change. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withRetired } from "../../../src/domain/epochs.ts";
import { dayOf } from "../../../src/domain/period.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import * as make from "../../support/make.ts";
import { addBandit } from "../bandits.ts";
import { createExperiment, openApp } from "../support.ts";
import { TalliedStore, type Traffic } from "../tallied.ts";

const PRICE: Traffic = {
  name: "price",
  rates: { old: 0.2, new: 0.26, free: 0.2 },
  participants: 30_000,
  days: 20,
  kpis: ["signup"],
};

let store: TalliedStore;
let context: make.TestContext;
let app: ReturnType<typeof openApp>;
beforeEach(() => {
  store = new TalliedStore();
  context = make.context({ store });
  app = openApp(context);
});
afterEach(() => app.close());

const add = (traffic: Traffic) => store.add(traffic, dayOf(make.NOW_MS));
const htmlOf = async (url: string) => (await app.inject({ url, headers: { accept: "text/html" } })).body;
const words = (html: string) => html.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
const part = (html: string, pattern: RegExp) => words(pattern.exec(html)?.[0] ?? "");
const DECISION = /<section class="banner.*?<\/section>/s;
const RESULTS = /<table class="results" id="results".*?<\/table>/s;

describe("the decision", () => {
  test("stays what it is whichever KPI, chart, period, column or scale one looks at", async () => {
    await add(PRICE);
    const decision = part(await htmlOf("/experiments/price/"), DECISION);
    expect(decision).toContain("Ship new: ");
    for (const query of [
      "kpi=signup",
      "chart=rate",
      "period=week",
      "columns=chance,p,label",
      "diff=absolute",
      "show=1",
    ]) {
      expect([query, part(await htmlOf(`/experiments/price/?${query}`), DECISION)]).toEqual([query, decision]);
    }
  });

  test("needs more, and says why, of a KPI that was made to decide once people had reached it", async () => {
    const chosen = "counts as one of 2 that may have been chosen";
    await add(PRICE);
    expect(words(await htmlOf("/experiments/price/"))).not.toContain(chosen);
    await setPlan(context, { name: "price", actor: "ada" }, { primary: { kpi: "signup" } });
    expect(words(await htmlOf("/experiments/price/"))).toContain(chosen);
  });

  test("names the KPI it is about, also where another one is shown", async () => {
    await add(PRICE);
    await setPlan(
      context,
      { name: "price", actor: "ada" },
      {
        baseline_rate: "10%",
        minimum_uplift: "10%",
        primary: { kpi: "signup" },
      },
    );
    for (const query of ["", "?kpi="]) {
      expect(part(await htmlOf(`/experiments/price/${query}`), DECISION)).toMatch(/Ship new: signup is up/);
    }
  });

  test("is left to the page of the control where one compares with another, which says with which", async () => {
    await add(PRICE);
    const html = await htmlOf("/experiments/price/?baseline=free");
    expect(part(html, DECISION)).toContain("it is made on all days, against old, the control.");
    expect(part(html, RESULTS)).toContain("Uplift over free");
    expect(html).toContain('<a href="/experiments/price/">Show it</a>');
  });
});

describe("a row of the results", () => {
  test("has one conclusion, and chance, p and the label of 2.7 only where one asks for them", async () => {
    await add(PRICE);
    const OTHERS = /Chance to beat|p at any look|Sixpack 2\.7 label|Confidence|\d adjusted/;
    const html = await htmlOf("/experiments/price/");
    expect(part(html, RESULTS)).not.toMatch(OTHERS);
    expect(part(html, RESULTS).match(/Better|Worse|Undecided/g)).toHaveLength(2);
    expect(part(await htmlOf("/experiments/price/?columns=p"), RESULTS)).toContain("p at any look");
    for (const [column, head] of [
      ["chance", "Chance to beat"],
      ["label", "Sixpack 2.7 label"],
    ]) {
      const only = await htmlOf(`/experiments/price/?columns=${column}`);
      expect(part(only, RESULTS).match(new RegExp(OTHERS, "g"))).toContain(head);
      expect(part(only, RESULTS)).not.toContain("p at any look");
    }
  });

  test("has the sign that its conclusion has, here and beside other KPIs", async () => {
    const rates = { old: 0.2, a: 0.235, b: 0.213, c: 0.208, d: 0.2, e: 0.19, f: 0.16 };
    await add({ ...PRICE, rates, participants: 140_000 });
    const html = await htmlOf("/experiments/price/");
    const rows = [
      ...(RESULTS.exec(html)?.[0] ?? "").matchAll(/<tr>(?:(?!<\/tr>).)*conclusion-(\w+)(?:(?!<\/tr>).)*<\/tr>/gs),
    ];
    const found = rows.map(([row, conclusion]) => [conclusion, /[▲▼●]/.exec(row)?.[0]]);
    expect(new Set(found.map(([conclusion]) => conclusion))).toEqual(new Set(["better", "undecided", "worse"]));
    const SIGNS: Readonly<Record<string, string>> = { better: "▲", undecided: "●", worse: "▼" };
    for (const [conclusion = "", sign] of found) expect([conclusion, sign]).toEqual([conclusion, SIGNS[conclusion]]);
    const deciding = kpiRows(html).flatMap(([, cell = ""]) => /[▲▼●]/.exec(cell) ?? []);
    expect(deciding).toEqual(found.map(([, sign]) => sign));
  });

  test("claims at the foot of the page to hold at every look only what does", async () => {
    await add(PRICE);
    const html = await htmlOf("/experiments/price/");
    expect(part(html, /<footer.*?<\/footer>/s)).toContain("intervals of uplifts, valid however often you look");
    // What holds once is said to, where it stands.
    await add({ ...PRICE, name: "money", values: { signup: { mean: 45, deviation: 30 } } });
    expect(part(await htmlOf("/experiments/money/?kpi=signup"), RESULTS)).toContain("at one look");
  });
});

/** Heads and cells of the table of all KPIs, the row of heads first. */
function kpiRows(html: string): readonly (readonly string[])[] {
  const [table = ""] = /<table class="[^"]*" id="all-kpis".*?<\/table>/s.exec(html) ?? [];
  return [...table.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) => row.match(/<t[hd].*?<\/t[hd]>/gs) ?? []);
}

describe("the table of all KPIs", () => {
  test.each([
    ["two alternatives a row for each KPI", { old: 0.2, new: 0.26 }, ["KPI", "old", "new"], ["", "signup"]],
    [
      "many alternatives a row for each of them",
      { old: 0.2, a: 0.21, b: 0.2, c: 0.19 },
      ["Alternative", "", "signup"],
      ["old", "a", "b", "c"],
    ],
  ])("has for %s, each figure under its head", async (_, rates, columns, rows) => {
    await add({ ...PRICE, rates, participants: 10_000 * Object.keys(rates).length });
    const [head = [], ...body] = kpiRows(await htmlOf("/experiments/price/"));
    const named = (cells: readonly string[]) => cells.map((cell) => words(cell).trim());
    for (const [at, name] of columns.entries()) expect(named(head)[at]).toContain(name);
    expect(body.map(([cell = ""]) => words(cell).trim().split(" ")[0])).toEqual(
      rows.map((name) => name || expect.any(String)),
    );
    for (const row of body) expect(row.length).toBe(columns.length);
  });
});

describe("the parts of the page", () => {
  test("are all within a click of its contents, and each link leads to a part that is there", async () => {
    await add({ ...PRICE, dimensions: ["device"] });
    const html = await htmlOf("/experiments/price/");
    const links = [...(/<nav class="contents".*?<\/nav>/s.exec(html)?.[0] ?? "").matchAll(/href="#([^"]+)">([^<]+)/g)];
    expect(links.map(([, , label]) => label)).toEqual([
      "Results",
      "Over time",
      "KPIs",
      "Segments",
      "Health",
      "Settings",
      "Code",
      "Export",
      "Activity",
    ]);
    for (const [, id] of links) expect(html.split(`id="${id}"`)).toHaveLength(2);
    const headings = [...html.matchAll(/<h2 id="[^"]+">([^<]+)/g)].map(([, heading]) => heading);
    expect(headings).toHaveLength(links.length);
  });

  test("that set it up are folded once it has traffic, and a hypothesis is asked for where there is none", async () => {
    await add(PRICE);
    const html = await htmlOf("/experiments/price/");
    const inSight = html.replace(/<details><summary>curl, client libraries, force links.*?<\/section>/s, "");
    expect(inSight).not.toBe(html);
    expect(inSight).not.toMatch(/<details[^>]*\sopen/);
    expect(part(html, /<h2 id="settings-title".*?<\/section>/s)).toContain(
      "Add a hypothesis: what is expected, and why",
    );
    await createExperiment(context, "fresh", ["a", "b"]);
    expect(await htmlOf("/experiments/fresh/")).toMatch(/<details[^>]*\sopen[^>]*><summary>curl/);
  });
});

describe("small things", () => {
  test("a bandit has one verdict: what it advises stands with it", async () => {
    await addBandit(
      store,
      { name: "bandit", rates: { a: 0.05, b: 0.06 }, batches: 3, clientsPerBatch: 300, days: 3 },
      make.NOW_MS,
    );
    const html = await htmlOf("/experiments/bandit/");
    expect(words(html).match(/Too early|Go on until|Ship \w+:|Stop now|Keep running:/g)).toHaveLength(1);
  });

  test("days in the wrong order are said to be, and swapped by a click", async () => {
    await add(PRICE);
    const html = await htmlOf("/experiments/price/?from=2025-02-20&to=2025-02-12");
    expect(words(html)).toContain("The first day, 2025-02-20, is after the last, 2025-02-12, so nobody is in between.");
    const [, url = ""] = /<a href="([^"]+)">Swap the two days/.exec(html) ?? [];
    expect(words(await htmlOf(url.replaceAll("&amp;", "&")))).toContain("joined from 2025-02-12 to 2025-02-20");
  });

  test("equal weights of those that are left are told of those that are left", async () => {
    const experiment = await add(PRICE);
    await store.definitions.change(withRetired(experiment, "free", make.NOW_MS));
    const facts = part(await htmlOf("/experiments/price/"), /<ul class="facts".*?<\/ul>/s);
    expect(facts).toContain("2 alternatives, equal weights; 1 retired");
  });

  test("a search finds names by their words in any order", async () => {
    await add({ ...PRICE, name: "pricing-page" });
    await add({ ...PRICE, name: "page-of-help" });
    const found = await htmlOf("/?q=page+pricing");
    expect(found).toContain("pricing-page");
    expect(found).not.toContain("page-of-help");
    expect(await htmlOf("/?q=pricing+help")).not.toContain("/experiments/p");
  });

  test("a range that leaves zero out is in sight in the list, however many narrower ones there are", async () => {
    await add({ ...PRICE, name: "lost", rates: { old: 0.2, new: 0.14 }, participants: 3_000 });
    for (const name of ["a", "b", "c", "d", "e"]) {
      await add({ ...PRICE, name, rates: { old: 0.2, new: 0.2 }, participants: 3_000_000 });
    }
    const [, lost = ""] = /Roll back new.*?(<svg class="bar .*?<\/svg>)/s.exec(await htmlOf("/")) ?? [];
    expect(lost).toContain("bar-mark");
    expect(lost).not.toContain("bar-arrow");
  });

  test("a bar in the list has one colour, which says nothing of a position", async () => {
    await add(PRICE);
    await add({ ...PRICE, name: "third-wins", rates: { old: 0.2, new: 0.2, free: 0.26 } });
    const classes = [...(await htmlOf("/")).matchAll(/<svg class="bar ([^"]*)"/g)].map(([, colour]) => colour);
    expect(classes).toHaveLength(2);
    expect(new Set(classes).size).toBe(1);
  });
});
