import { expect, test } from "vitest";
import type { Experiment } from "../../../src/domain/experiment.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import * as make from "../../support/make.ts";
import { GUARDED, loggedIn } from "../access/people.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

const ACCEPT = { accept: "text/html" };

const FILLED = {
  name: "buy button",
  hypothesis: "Warm sells",
  owner: "ann",
  tags: "shop, q2",
  ticket: "https://tickets.example/1",
  alternative_1: "green",
  weight_1: "50",
  alternative_2: "orange",
  weight_2: "150",
  alternative_3: "",
  weight_3: "",
  traffic: "12,5 %",
  kpi_1: "order",
  counts_1: "rate",
  better_1: "higher",
  kpi_2: "refund",
  counts_2: "value",
  better_2: "lower",
  kpi_3: "search",
  counts_3: "events",
  better_3: "higher",
  baseline: "10,7",
  uplift: "10",
};

function dashboard() {
  const context = make.context();
  const app = openApp(context);
  const send = (url: string, fields: Readonly<Record<string, string>> | URLSearchParams) =>
    app.inject({
      method: "POST",
      url,
      headers: { ...ACCEPT, "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams(fields).toString(),
    });
  return { context, app, send };
}

/** What a field of the form holds. */
function heldIn(html: string, name: string): string | undefined {
  return new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(html)?.[0].match(/ value="([^"]*)"/)?.[1];
}

test("a filled form makes the whole experiment in one step, as a draft with its code", async () => {
  const { context, app, send } = dashboard();
  const made = await send("/new", FILLED);
  expect([made.statusCode, made.headers.location]).toEqual([302, "/experiments/buy%20button/"]);
  const stored = await context.store.definitions.read("buy button");
  expect(stored).toMatchObject({
    version: 1,
    alternatives: [{ name: "green" }, { name: "orange" }],
    epochs: [{ trafficFraction: 0.125, weights: [0.25, 0.75] }],
    trafficHeld: true,
    kpis: [
      { name: null },
      { name: "order" },
      { name: "refund", counts: "value", better: "lower" },
      { name: "search", counts: "events" },
    ],
    about: { owner: "ann", tags: ["q2", "shop"], hypothesis: "Warm sells", ticket: "https://tickets.example/1" },
    planning: {
      plan: { primary: { kpi: "order", decidesOn: "rate" }, size: { baselineRate: 0.107, minimumUplift: 0.1 } },
    },
  });
  const page = (await app.inject({ url: "/experiments/buy%20button/", headers: ACCEPT })).body;
  expect(page).toContain("A draft.");
  for (const label of ["curl", "TypeScript", "Python", "Ruby", "PHP", "Go", "Java", "C#"]) {
    expect(page).toContain(`<summary>${label}</summary>`);
  }
  expect((await app.inject({ url: "/", headers: ACCEPT })).body).toContain('<span class="chip">Draft</span>');
  const [entry] = await context.store.activity.read({ limit: 1 });
  expect(entry).toMatchObject({ action: "declare", after: "green, orange" });
  await app.close();
});

test("everything that is wrong is told at once, in people's words, and nothing typed is lost", async () => {
  const { context, app, send } = dashboard();
  await createExperiment(context, "taken");
  const refused = await send("/new", {
    ...FILLED,
    name: "taken",
    alternative_2: "été",
    traffic: "120",
    kpi_2: "order",
    ticket: "javascript:alert(1)",
    baseline: "a tenth",
  });
  expect(refused.statusCode).toBe(400);
  const said = refused.body.replaceAll("&quot;", '"');
  for (const words of [
    "There is an experiment of this name already",
    "“été” can't be the name of an alternative",
    "above 0% and up to 100%",
    "“order” is there twice",
    "A link begins with https://",
    "Fill in both as percentages",
  ]) {
    expect(said).toContain(words);
  }
  expect(said).not.toMatch(/Expected .*, got/);
  for (const [name, value] of [
    ["name", "taken"],
    ["alternative_2", "été"],
    ["weight_2", "150"],
    ["traffic", "120"],
    ["kpi_2", "order"],
    ["baseline", "a tenth"],
    ["owner", "ann"],
  ] as const) {
    expect([name, heldIn(refused.body, name)]).toEqual([name, value]);
  }
  expect(await context.store.definitions.list()).toHaveLength(1);
  const cases = [
    [{ name: " " }, "Give it a name"],
    [{ alternative_2: "" }, "without the name of an alternative"],
    [{ alternative_2: "", weight_2: "" }, "at least two alternatives"],
    [{ weight_2: "much" }, "Give every alternative a weight"],
    [{ uplift: "" }, "Fill in both"],
    [{ baseline: "60", uplift: "80" }, "No rate can change by so much"],
    [{ baseline: "100" }, "above 0% and below 100%"],
    [{ counts_1: "value" }, "once there are some"],
  ] as const;
  for (const [change, words] of cases) {
    const { statusCode, body } = await send("/new", { ...FILLED, ...change });
    expect([words, statusCode, body.includes(words)]).toEqual([words, 400, true]);
    expect(body).not.toMatch(/Expected .*, got/);
  }
  await app.close();
});

test("rows are added and the size is worked out without JavaScript, before anything is made", async () => {
  const { context, app, send } = dashboard();
  const more = await send("/new", { ...FILLED, do: "alternative" });
  expect(more.statusCode).toBe(200);
  expect(heldIn(more.body, "alternative_4")).toBe(undefined);
  expect(more.body).toContain('name="alternative_4"');
  expect(heldIn(more.body, "alternative_2")).toBe("orange");
  expect((await send("/new", { ...FILLED, do: "kpi" })).body).toContain('name="kpi_4"');
  const bare = { alternative_1: "", weight_1: "", alternative_2: "", weight_2: "", baseline: "10", uplift: "10" };
  // Two arms of 14,7xx each: 10 % against 11 % at 5 % and 80 %, as any calculator has it.
  const worked = await send("/new", { ...bare, do: "work-out" });
  const size = Number(/<strong>([\d,]+) visitors/.exec(worked.body)?.[1]?.replaceAll(",", ""));
  expect(size).toBeGreaterThan(28_000);
  expect(size).toBeLessThan(34_000);
  expect(worked.body).not.toContain("Give it a name");
  expect(await context.store.definitions.list()).toEqual([]);
  await app.close();
});

test("a draft is changed as a whole until somebody takes part, and not after", async () => {
  const { context, app, send } = dashboard();
  await send("/new", FILLED);
  const form = (await app.inject({ url: "/experiments/buy%20button/draft", headers: ACCEPT })).body;
  for (const [name, value] of [
    ["alternative_2", "orange"],
    ["weight_2", "75"],
    ["traffic", "12.5"],
    ["kpi_1", "order"],
    ["baseline", "10.7"],
    ["tags", "q2, shop"],
  ] as const) {
    expect([name, heldIn(form, name)]).toEqual([name, value]);
  }
  const changed = await send("/experiments/buy%20button/draft", {
    ...FILLED,
    alternative_2: "red",
    alternative_3: "blue",
    weight_1: "",
    weight_2: "",
  });
  expect(changed.statusCode).toBe(302);
  const stored = await context.store.definitions.read("buy button");
  expect(stored?.alternatives.map(({ name }) => name)).toEqual(["green", "red", "blue"]);
  const newest = () => context.store.activity.read({ limit: 1 });
  expect(await newest()).toMatchObject([{ action: "redraft", before: "green, orange", after: "green, red, blue" }]);
  await record(context, "buy button", crowd(0, 1, 0));
  const late = await send("/experiments/buy%20button/draft", FILLED);
  expect(late.statusCode).toBe(409);
  expect(late.body).toContain("has begun");
  expect((await app.inject({ url: "/experiments/buy%20button/", headers: ACCEPT })).body).not.toContain("A draft.");
  await app.close();
});

test("of two people who change one draft the later one is told who was faster, and replaces it knowingly", async () => {
  const { context, app, send } = dashboard();
  await send("/new", FILLED);
  const at = "/experiments/buy%20button/draft";
  const form = async () => (await app.inject({ url: at, headers: ACCEPT })).body;
  const [ann, bob] = [heldIn(await form(), "seen") ?? "", heldIn(await form(), "seen") ?? ""];
  const hypothesis = async () => (await context.store.definitions.read("buy button"))?.about?.hypothesis;
  expect((await send(at, { ...FILLED, hypothesis: "Of ann", seen: ann })).statusCode).toBe(302);
  const row = await send(at, { ...FILLED, hypothesis: "Of bob", seen: bob, do: "kpi" });
  expect([row.statusCode, heldIn(row.body, "seen")]).toEqual([200, bob]);
  const refused = await send(at, { ...FILLED, hypothesis: "Of bob", seen: bob });
  expect(refused.statusCode).toBe(409);
  expect(refused.body).toMatch(/It was changed since: redraft by [^,]+, 2025-03-01 12:00 UTC\./);
  expect(heldIn(refused.body, "hypothesis") ?? refused.body).toContain("Of bob");
  expect(await hypothesis()).toBe("Of ann");
  const program = await app.inject({ method: "POST", url: at, payload: { ...FILLED, seen: bob } });
  expect([program.statusCode, program.json().code]).toEqual([409, "edit-conflict"]);
  const again = await send(at, { ...FILLED, hypothesis: "Of bob", seen: heldIn(refused.body, "seen") ?? "" });
  expect([again.statusCode, await hypothesis()]).toEqual([302, "Of bob"]);
  await app.close();
});

test("a draft enters a layer by the form, takes no slice that another has, and keeps what the form doesn't ask for", async () => {
  const { context, app, send } = dashboard();
  const inLayer = (layer: string, from: string, to: string) => {
    const fields = new URLSearchParams({ ...FILLED, layer });
    for (const end of [from, to]) fields.append("slice_percent", end);
    return fields;
  };
  const sliceOf = async (name: string) => (await context.store.definitions.read(name))?.epochs.at(-1)?.slice;
  expect((await app.inject({ url: "/new", headers: ACCEPT })).body).toMatch(/<details><summary>Layer/);
  expect((await send("/new", inLayer("checkout", "0", "33.3"))).statusCode).toBe(302);
  expect(await sliceOf("buy button")).toEqual({ layer: "checkout", from: 0, to: 0.333 });

  const other = inLayer("checkout", "20", "60");
  other.set("name", "basket");
  const taken = await send("/new", other);
  expect(taken.statusCode).toBe(400);
  expect(taken.body).toContain("It is taken: checkout 20–60%, of which buy button has 0–33.3% until it is archived.");
  expect(taken.body).toContain("free 33.3–100%");
  expect(taken.body).toMatch(/<details open><summary>Layer/);
  expect(heldIn(taken.body, "layer")).toBe("checkout");
  for (const [layer, from, to, words] of [
    ["checkout", "60", "40", "A slice goes from one percentage to another"],
    ["checkout", "", "", "A slice goes from one percentage to another"],
    ["", "0", "50", "The name of a layer has letters"],
  ] as const) {
    const wrong = inLayer(layer, from, to);
    wrong.set("name", "basket");
    expect([words, (await send("/new", wrong)).body.includes(words)]).toEqual([words, true]);
  }
  expect(await context.store.definitions.list()).toHaveLength(1);

  const draft = "/experiments/buy%20button/draft";
  await send("/experiments/buy%20button/schedule", { ends_at: "2999-03-01T09:00" });
  await send("/experiments/buy%20button/policy", { policy: "thompson" });
  const form = (await app.inject({ url: draft, headers: ACCEPT })).body;
  expect(
    form.match(/name="slice_percent"[^>]*value="[^"]*"/g)?.map((field) => /value="([^"]*)"/.exec(field)?.[1]),
  ).toEqual(["0", "33.3"]);
  const even = inLayer("checkout", "20", "60");
  for (const weight of ["weight_1", "weight_2"]) even.set(weight, "");
  expect((await send(draft, even)).statusCode).toBe(302);
  expect(await context.store.definitions.read("buy button")).toMatchObject({
    epochs: [{ slice: { layer: "checkout", from: 0.2, to: 0.6 }, policy: { kind: "thompson" } }],
    schedule: { endsAtMs: Date.UTC(2999, 2, 1, 9) },
  });
  expect((await send(draft, inLayer("", "", ""))).statusCode).toBe(302);
  expect(await sliceOf("buy button")).toBe(undefined);
  expect((await context.store.definitions.read("buy button"))?.epochs.at(-1)?.policy.kind).toBe("weighted");
  await app.close();
});

test("a change of a draft keeps what was said of its KPIs, and what its plan has beside the form", async () => {
  const { context, app, send } = dashboard();
  const read = async () => (await context.store.definitions.read("buy button")) as Experiment;
  const at = "/experiments/buy%20button";
  expect((await send("/new", FILLED)).statusCode).toBe(302);
  await send(`${at}/kpis/describe`, { kpi: "refund", label: "Refunds (€)", cap: "400", window_days: "14" });
  await send(`${at}/kpis/describe`, { kpi: "", label: "Orders" });
  const { plan } = (await read()).planning;
  const guardrails = ["refund", "complaints"].map((kpi) => ({ kpi, better: "lower", margin: "3%" }));
  const primary = { kpi: "order" };
  const size = { baseline_rate: "10.7%", minimum_uplift: "10%", power: "0.9" };
  await setPlan(context, { name: "buy button", actor: "ann" }, { primary, guardrails, ...size });
  const planned = await read();
  expect(planned.planning.plan?.size?.participants).toBeGreaterThan(plan?.size?.participants ?? 0);

  expect((await send(`${at}/draft`, { ...FILLED, hypothesis: "Green is seen" })).statusCode).toBe(302);
  // No alternative changed.
  expect(await context.store.activity.read({ limit: 1 })).toMatchObject([
    { action: "redraft", before: null, after: null },
  ]);
  const { kpis, planning, about } = await read();
  expect({ kpis, planning }).toEqual({ kpis: planned.kpis, planning: planned.planning });
  expect(kpis).toContainEqual({
    name: "refund",
    counts: "value",
    better: "lower",
    label: "Refunds (€)",
    cap: { amount: 400 },
    windowDays: 14,
  });
  expect(about?.hypothesis).toBe("Green is seen");

  // Another size is the form's, and a guardrail that was taken out of it is gone; one that it never showed stays.
  const { kpi_2, counts_2, better_2, ...without } = FILLED;
  expect((await send(`${at}/draft`, { ...without, uplift: "20" })).statusCode).toBe(302);
  const changed = await read();
  expect(changed.planning.plan).toMatchObject({ size: { minimumUplift: 0.2 }, guardrails: [{ kpi: "complaints" }] });
  expect(changed.kpis[0]).toEqual({ name: null, label: "Orders" });
  await app.close();
});

test("making and changing are for editors", async () => {
  const app = openApp(make.context(), GUARDED);
  const [vera, ed] = [await loggedIn(app, "vera"), await loggedIn(app, "ed")];
  expect((await vera.get("/new")).statusCode).toBe(403);
  expect((await vera.post("/new", FILLED)).statusCode).toBe(403);
  expect((await vera.get("/")).body).not.toContain('href="/new"');
  expect((await ed.post("/new", FILLED)).statusCode).toBe(302);
  expect((await vera.get("/experiments/buy%20button/")).body).not.toContain("Change the draft");
  expect((await vera.post("/experiments/buy%20button/draft", FILLED)).statusCode).toBe(403);
  await app.close();
});
