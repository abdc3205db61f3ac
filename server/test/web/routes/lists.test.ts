import { expect, test } from "vitest";
import { dayOf } from "../../../src/domain/period.ts";
import { proxyTrust } from "../../../src/ops/networks.ts";
import { setArchived } from "../../../src/service/administer/acts/state.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";
import { TalliedStore } from "../tallied.ts";

const ACCEPT = { accept: "text/html" };

/** The cells of an experiment's row, as text. */
function cellsOf(html: string, name: string): readonly string[] {
  const row =
    html
      .split("<tr id=")
      .slice(1)
      .find((candidate) => candidate.includes(`>${name}</a>`)) ?? "";
  return row.split("<td").map((cell) =>
    cell
      .replace(/^[^>]*>/, "")
      .replace(/<[^>]+>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
  );
}

async function twoKpis() {
  const store = new TalliedStore();
  const context = make.context({ store });
  const today = dayOf(make.NOW_MS);
  const traffic = { rates: { red: 0.2, blue: 0.24 }, participants: 20_000, days: 10 };
  await store.add({ ...traffic, name: "button", kpis: ["signup"] }, today);
  await store.add({ ...traffic, name: "link" }, today);
  return openApp(context);
}

test("next and previous go along the list that the arguments select, and from its ends to that list", async () => {
  const context = make.context();
  for (const name of ["a", "b", "c"]) await createExperiment(context, name);
  await setArchived(context, { name: "b", actor: "ada" }, true);
  const app = openApp(context);
  const target = async (path: string) => (await app.inject({ url: `/experiments/${path}` })).headers.location;
  expect(await target("a/next?status=active&sort=name")).toBe("/experiments/c/");
  expect(await target("a/next?sort=name")).toBe("/experiments/b/");
  expect(await target("c/previous?sort=name")).toBe("/experiments/b/");
  expect(await target("c/next?sort=name")).toBe("/all?sort=name");
  expect(await target("a/next?sort=name&order=desc")).toBe("/all?sort=name&order=desc");
  // Archived while the list of the active ones was being gone through.
  expect(await target("b/next?status=active&sort=name")).toBe("/experiments/a/");
  expect(await target("b/previous?status=active&sort=name")).toBe("/experiments/c/");
  expect(await target("c/next?status=active&sort=name")).toBe("/?sort=name");
  expect((await app.inject({ url: "/experiments/nothing/next" })).statusCode).toBe(404);
  const page = (await app.inject({ url: "/experiments/b/", headers: ACCEPT })).body;
  expect(page).toContain('href="/experiments/b/next?status=archived"');
  await app.close();
});

test("with a KPI in the address the rows are those that know it, with its figures and links to it", async () => {
  const app = await twoKpis();
  const every = (await app.inject({ url: "/", headers: ACCEPT })).body;
  const signup = (await app.inject({ url: "/?kpi=signup", headers: ACCEPT })).body;
  // Half as many reach the named KPI: see `talliesOf`.
  expect(cellsOf(every, "button")[3]).toMatch(/^20\./);
  expect(cellsOf(signup, "button")[3]).toMatch(/^10\./);
  // The verdict is that of the KPI that decides, whichever is looked at.
  expect(cellsOf(signup, "button")[1]).toBe(cellsOf(every, "button")[1]);
  expect(every).toContain("/experiments/link/");
  expect(signup).not.toContain("/experiments/link/");
  expect(signup).toContain('href="/experiments/button/?kpi=signup"');
  expect(signup).toContain("Figures of the KPI signup");
  await app.close();
});

/** Three experiments without and one with too few data, whose KPI is better when lower. */
async function lowerIsBetter() {
  const store = new TalliedStore();
  const context = make.context({ store });
  const today = dayOf(make.NOW_MS);
  const add = async (name: string, blue: number, participants = 20_000) => {
    const added = await store.add({ name, rates: { red: 0.2, blue }, participants, days: 10 }, today);
    const primary = { kpi: null, better: "lower", decidesOn: "rate" } as const;
    const planning = { ...added.planning, plan: { primary, secondary: [], guardrails: [], size: null } };
    await store.definitions.change({ ...added, planning });
  };
  await add("fewer", 0.15);
  await add("more", 0.26);
  await add("same", 0.2);
  await add("young", 0.2, 10);
  return openApp(context);
}

test("the list and the cards mark fewer as better where lower is better, as the verdict does", async () => {
  const app = await lowerIsBetter();
  const list = (await app.inject({ url: "/all", headers: ACCEPT })).body;
  const cells = (name: string) => cellsOf(list, name).join(" ");
  expect(cells("fewer")).toMatch(/▲ better −2\d\.\d%/);
  expect(cells("more")).toMatch(/▼ worse \+[23]\d\.\d%/);
  expect(cells("same")).toMatch(/● undecided/);
  expect(cells("young")).toMatch(/not enough data/);
  const cards = (await app.inject({ url: "/all?view=cards", headers: ACCEPT })).body;
  const card = (name: string) => cards.split("<li").find((part) => part.includes(`>${name}</a>`)) ?? "";
  expect(card("fewer")).toMatch(/Ship blue.*direction-good/s);
  expect(card("more")).toMatch(/Roll back blue.*direction-bad/s);
  await app.close();
});

test("no view of the list shows a figure that the page of the experiment withholds", async () => {
  const app = await lowerIsBetter();
  for (const url of ["/all", "/all?view=cards"]) {
    const { body } = await app.inject({ url, headers: ACCEPT });
    const parts = body.split(url === "/all" ? "<tr id=" : '<li class="panel card');
    const young = parts.find((part) => part.includes(">young</a>")) ?? "";
    expect(young, url).toContain("not enough data");
    // Neither an uplift nor a chance, which early says 98 % of nothing.
    expect(young.replaceAll(/<svg.*?<\/svg>/gs, ""), url).not.toMatch(/[+−]\d|[Cc]hance/);
  }
  await app.close();
});

test("a wrong split has a sign of its own, and is said once until a winner is set", async () => {
  const store = new TalliedStore();
  const context = make.context({ store });
  await store.add(
    { name: "uneven", rates: { a: 0.1, b: 0.1 }, participants: 20_000, days: 10, shares: [0.6, 0.4] },
    dayOf(make.NOW_MS),
  );
  const app = openApp(context);
  const cell = async () => cellsOf((await app.inject({ url: "/", headers: ACCEPT })).body, "uneven")[1];
  expect(await cell()).toBe("✕ Do not use these results");
  await app.inject({ method: "POST", url: "/experiments/uneven/winner/", payload: { alternative_name: "a" } });
  expect(await cell()).toMatch(/^✓ Decided: a .*do not get their shares/);
  await app.close();
});

test.each([
  ["desc", ["fewer", "same", "more", "young"]],
  ["asc", ["more", "same", "fewer", "young"]],
])("sorting by uplift %s goes by what is better, and the unknown come last", async (order, names) => {
  const app = await lowerIsBetter();
  const { body } = await app.inject({ url: `/all?sort=uplift&order=${order}`, headers: ACCEPT });
  const rows = body.slice(body.indexOf("<tbody"));
  const at = names.map((name) => rows.indexOf(`>${name}</a>`));
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  expect(at[0]).toBeGreaterThan(0);
  await app.close();
});

test("what asks for a decision comes first, and each word is a list of its own", async () => {
  const app = await lowerIsBetter();
  const list = (await app.inject({ url: "/", headers: ACCEPT })).body;
  const names = (html: string) => [...html.matchAll(/name-link" href="[^"]*">([^<]*)</g)].map(([, name]) => name);
  expect(names(list)).toEqual(["more", "fewer", "same", "young"]);
  expect(["more", "fewer", "same", "young"].map((name) => cellsOf(list, name)[1])).toEqual([
    expect.stringMatching(/^▼ Roll back blue\b/),
    expect.stringMatching(/^▲ Ship blue\b/),
    expect.stringMatching(/^○ Keep running\b/),
    expect.stringMatching(/^○ Too early\b/),
  ]);
  const links = [
    ...list.slice(list.indexOf('id="triages"')).matchAll(/<a href="([^"]*)"[^>]*>(\w[\w ]*)<span class="tally">(\d+)/g),
  ];
  expect(links.map(([, href, word, count]) => [href, word?.trim(), count])).toEqual([
    ["/", "Any verdict", "4"],
    ["/?verdict=decide", "Decide", "2"],
    ["/?verdict=running", "Running", "1"],
    ["/?verdict=early", "Too early", "1"],
  ]);
  const decide = (await app.inject({ url: "/?verdict=decide&q=m", headers: ACCEPT })).body;
  expect(names(decide)).toEqual(["more"]);
  // A search keeps the word, and the counts are of what the search finds.
  expect(decide).toContain('<input type="hidden" name="verdict" value="decide"');
  expect(decide).toMatch(/Running <span class="tally">1</);
  await app.inject({ method: "POST", url: "/experiments/more/winner/", payload: { alternative_name: "red" } });
  const after = (await app.inject({ url: "/", headers: ACCEPT })).body;
  expect(names(after)).toEqual(["fewer", "more", "same", "young"]);
  expect(cellsOf(after, "more")[1]).toMatch(/^✓ Decided: red\b/);
  await app.close();
});

test.each([
  ["the host that was asked, with the port of the API", {}, {}, "http://ab.test:5000/participate"],
  [
    "the host that a trusted proxy names",
    { trustsProxy: proxyTrust([]) },
    { "x-forwarded-host": "shop.test", "x-forwarded-proto": "https" },
    "https://shop.test:5000/participate",
  ],
  [
    "http where what the proxy names is no scheme of the web",
    { trustsProxy: proxyTrust([]) },
    { "x-forwarded-proto": "javascript" },
    "http://ab.test:5000/participate",
  ],
  [
    "the port and path that the API has",
    { api: { url: undefined, port: 8000, basePath: "/ab" } },
    {},
    "http://ab.test:8000/ab/participate",
  ],
  [
    "the configured address, whoever asks",
    { api: { url: "https://ab.example.com/v1", port: 5000, basePath: "" } },
    {},
    "https://ab.example.com/v1/participate",
  ],
] as const)("an empty server shows a first call to %s", async (_, options, headers, address) => {
  const app = openApp(make.context(), {
    access: { mode: { kind: "open" }, tokens: [] },
    ...options,
  });
  const { body } = await app.inject({ url: "/", headers: { ...ACCEPT, host: "ab.test", ...headers } });
  expect(body).toContain(`curl -G '${address}'`);
  await app.close();
});

/** A store in which the counts of one experiment can't be read. */
class TornStore extends TalliedStore {
  constructor() {
    super();
    const { read } = this.tallies;
    this.tallies.read = (experiment) =>
      experiment.name === "torn" ? Promise.reject(new Error('Expected a tally, got "?"')) : read(experiment);
  }
}

test("an experiment that can't be read is a row with its error, and the others are as ever", async () => {
  const store = new TornStore();
  const context = make.context({ store });
  const traffic = { rates: { red: 0.2, blue: 0.24 }, participants: 20_000, days: 10 };
  for (const name of ["torn", "whole"]) await store.add({ ...traffic, name }, dayOf(make.NOW_MS));
  const app = openApp(context);
  for (const url of ["/", "/?view=cards", "/?sort=uplift", "/?sort=newest"]) {
    const { statusCode, body } = await app.inject({ url, headers: ACCEPT });
    expect([url, statusCode]).toEqual([url, 200]);
    expect(body).toContain("Expected a tally, got");
    expect(body).toContain("/experiments/whole/");
  }
  const errors = (await app.inject({ url: "/?verdict=broken", headers: ACCEPT })).body;
  expect(cellsOf(errors, "torn").join()).toContain("This experiment could not be read");
  expect(errors).not.toContain("/experiments/whole/");
  await app.close();
});

test("owner, tags, hypothesis and ticket are shown, lead to the list of their like, and narrow every list", async () => {
  const context = make.context();
  const app = openApp(context);
  for (const name of ["button", "headline", "price"]) await createExperiment(context, name);
  const tell = (name: string, fields: object) =>
    app.inject({ method: "POST", url: `/experiments/${name}/about`, headers: ACCEPT, payload: fields });
  const ticket = "https://tickets.example/browse/SHOP-1";
  await tell("button", { owner: "Ann & Co", tags: "shop, q2", hypothesis: "Warm sells", ticket });
  await tell("headline", { owner: "Bob", tags: "q2" });
  const listed = async (url: string) =>
    [...(await app.inject({ url, headers: ACCEPT })).body.matchAll(/class="name-link" href="\/experiments\/(\w+)\//g)]
      .map(([, name]) => name)
      .sort();
  const page = (await app.inject({ url: "/experiments/button/", headers: ACCEPT })).body;
  for (const part of ["Warm sells", `href="${ticket}"`, 'href="/all?tag=shop"', 'href="/all?owner=Ann%20%26%20Co"']) {
    expect(page).toContain(part);
  }
  expect(await listed("/all?owner=Ann%20%26%20Co")).toEqual(["button"]);
  expect(await listed("/?tag=q2")).toEqual(["button", "headline"]);
  expect(await listed("/?tag=q")).toEqual([]);
  expect(await listed("/?q=q2+bob")).toEqual(["headline"]);
  expect(await listed("/?q=WARM")).toEqual(["button"]);
  const json = await app.inject({ url: "/experiments.json?tag=q2&owner=Bob" });
  expect(json.json().experiments.map(({ name }: { name: string }) => name)).toEqual(["headline"]);
  // What is said can be taken back, and a link is never a script.
  const script = await tell("price", { ticket: "javascript:alert(1)" });
  expect(script.statusCode).toBe(400);
  const [entry] = await context.store.activity.read({ experiment: "button", limit: 1 });
  const undo = { at_ms: String(entry?.atMs), action: entry?.action };
  await app.inject({ method: "POST", url: "/experiments/button/undo", headers: ACCEPT, payload: undo });
  expect(await listed("/?tag=q2")).toEqual(["headline"]);
  await app.close();
});

test("a list of one state keeps it when it is sorted or narrowed further", async () => {
  const context = make.context();
  const app = openApp(context);
  await createExperiment(context, "button");
  const list = (await app.inject({ url: "/all?status=active&owner=nobody", headers: ACCEPT })).body;
  expect(list).toContain("/all?status=active&amp;owner=nobody&amp;view=cards");
  expect(list).toContain('name="status" value="active"');
  expect(list).toContain("Owner nobody");
  await app.close();
});

test("notes are added and taken away on the page, owner and notes undone apart, and both outlive a reset", async () => {
  const context = make.context();
  const app = openApp(context);
  await createExperiment(context, "button");
  const post = (path: string, payload: object) =>
    app.inject({ method: "POST", url: `/experiments/button/${path}`, headers: ACCEPT, payload });
  const about = async () => (await context.store.definitions.read("button"))?.about;
  await post("about", { owner: "ann" });
  await post("notes", { text: "  Black\n Friday " });
  await post("notes", { text: "Outage", day: "2025-02-01" });
  await post("notes", { text: "Outage", day: "2025-02-01" });
  const notes = [
    { day: "2025-02-01", text: "Outage" },
    { day: "2025-03-01", text: "Black Friday" },
  ];
  expect(await about()).toEqual({ owner: "ann", notes });
  await post("about", { owner: "" });
  expect(await about()).toEqual({ notes });
  const log = await context.store.activity.read({ experiment: "button", limit: 10 });
  expect(log.map(({ action }) => action)).toEqual(["tell-about", "change-notes", "change-notes", "tell-about"]);
  const page = (await app.inject({ url: "/experiments/button/", headers: ACCEPT })).body;
  expect(page).toContain("2 notes");
  const told = page.replace(/<[^>]+>/g, "");
  for (const note of ["2025-02-01: Outage", "2025-03-01: Black Friday"]) expect(told).toContain(note);
  await post("notes/remove", { day: "2025-02-01", text: "Outage" });
  await post("reset/", {});
  expect(await about()).toEqual({ notes: notes.slice(1) });
  for (const [text, day] of [
    ["", "2025-02-01"],
    ["x".repeat(301), "2025-02-01"],
    ["x", "soon"],
  ] as const) {
    expect((await post("notes", { text, day })).statusCode).toBe(400);
  }
  await app.close();
});
