/**
 * One fact, one word: whoever tells of an experiment says the same of each KPI, and the same sentence. The KPI that decides is
 * better or worse, an explored one looks so (decision 0042), and with a winner nothing new is concluded.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseExperimentName } from "../../src/domain/names.ts";
import { member } from "../../src/lib/member.ts";
import { readFeed } from "../../src/service/alerts/feed.ts";
import { run } from "../support/command.ts";
import { rowsOf } from "../support/csv.ts";
import * as make from "../support/make.ts";
import { TOKENS, useAgents } from "../web/mcp/agents.ts";
import { createExperiment, openApp, record, type Visit } from "../web/support.ts";

const DAYS = Array.from({ length: 10 }, (_, at) => `2025-02-${19 + at}`);
const PER_DAY = 150;
/** Conversions a day of red and blue. Two KPIs are explored: one looks better, one looks worse. */
const EXPLORED = { signup: [10, 30], visit: [60, 30] } as const;
const KPIS = [null, "signup", "visit"] as const;

const agents = useAgents();
const app = openApp(agents.context);
afterAll(() => app.close());

const body = async (path: string): Promise<string> =>
  (await app.inject({ url: path, headers: { accept: "text/html" } })).body;
const json = async (name: string): Promise<unknown> => (await app.inject(`/experiments/${name}.json`)).json();

async function act(path: string, form: Readonly<Record<string, string>> = {}): Promise<void> {
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const payload = new URLSearchParams(form).toString();
  const { statusCode } = await app.inject({ method: "POST", url: `/experiments/${path}`, headers, payload });
  expect(statusCode).toBe(200);
}

/** @param sold conversions a day of the KPI that decides, of red and blue */
async function made(name: string, sold: readonly [number, number]): Promise<void> {
  const { context } = agents;
  await createExperiment(context, name, ["red", "blue"], { createdAtMs: make.NOW_MS - 10 * 86_400_000 });
  const visits = DAYS.flatMap((day) =>
    [0, 1].flatMap((index) =>
      Array.from({ length: PER_DAY }, (_, number): Visit => {
        const explored = (["signup", "visit"] as const).filter((kpi) => number < (EXPLORED[kpi][index] ?? 0));
        const converts = [...(number < (sold[index] ?? 0) ? [null] : []), ...explored];
        return { client: `${index}-${day}-${number}`, index, day, converts };
      }),
    ),
  );
  await record(context, name, visits);
}

const found = (pattern: RegExp, text: string | undefined): string =>
  (pattern.exec(text ?? "")?.[1] ?? "nothing").toLowerCase();
const MARK = /class="direction direction-\w+"><span aria-hidden="true">.<\/span><span class="hidden">([^<]+)</;
const part = (text: string, by: string, holds: string): string | undefined =>
  text.split(by).find((one) => one.includes(holds));

/** What each teller says of blue on a KPI. */
async function words(name: string, kpi: string | null): Promise<Readonly<Record<string, string | null>>> {
  const query = kpi === null ? "" : `?kpi=${kpi}`;
  const page = await body(`/experiments/${name}/${query}`);
  const csv = rowsOf((await app.inject(`/experiments/${name}/export.csv?table=results`)).body);
  const heads = csv[0] ?? [];
  const row = csv.find((cells) => cells[heads.indexOf("kpi")] === (kpi ?? "") && cells.includes("blue"));
  const summary = part(await body(`/experiments/${name}/summary.md${query}`), "\n", "| blue |");
  const said = (await agents.call("viewer", "get_verdict", { experiment: name })).data["kpis"];
  const claim = (said as readonly unknown[]).find((one) => member(one, "kpi") === (kpi ?? "conversion rate"));
  return {
    page: found(/class="conclusion conclusion-\w+">([^<]+)</, page),
    mark: found(MARK, page),
    "table of all KPIs": found(
      MARK,
      part(part(page, "<table", 'id="all-kpis"') ?? "", "<tr", `>${kpi ?? "Default KPI"}</a>`),
    ),
    list: found(MARK, part(await body(`/all${query}`), "<tr", `/experiments/${name}/`)),
    json: jsonWord(await json(name), kpi),
    csv: row?.[heads.indexOf("conclusion")] ?? "nothing",
    summary: (summary?.split("|").at(-2) ?? "nothing").trim().toLowerCase(),
    agent: (claim as { readonly arms: readonly { readonly says: string | null }[] }).arms[1]?.says ?? null,
  };
}

function jsonWord(answer: unknown, kpi: string | null): string {
  const all = member(member(answer, "report"), "kpis") as readonly unknown[];
  const one = all.find((each) => member(each, "name") === (kpi ?? "conversion rate"));
  const comparison = member((member(one, "rates") as readonly unknown[])[1], "comparison");
  const [conclusion, hint] = [String(member(comparison, "conclusion")), String(member(comparison, "hint"))];
  return conclusion === "undecided" && hint !== "undecided" ? `looks ${hint}` : conclusion;
}

/** Every teller has this word. An agent hears nothing of what is explored before the KPI that decides has concluded. */
async function expectWord(name: string, kpi: string | null, word: string, agent: string | null = word): Promise<void> {
  const { agent: heard, ...told } = await words(name, kpi);
  expect(told).toEqual(Object.fromEntries(Object.keys(told).map((teller) => [teller, word])));
  expect([kpi, heard]).toEqual([kpi, agent]);
}

/** Every teller has this sentence. */
async function expectSentence(name: string, sentence: string, shown: "better" | ""): Promise<void> {
  const { data } = await agents.call("viewer", "get_verdict", { experiment: name });
  const listed = (await agents.call("viewer", "list_experiments", { text: name, status: "all" })).data["experiments"];
  const report = member(await json(name), "report");
  const decided = member(report, "decided");
  const url = new URL("/", agents.url).href;
  const env = { SIXPACK_TOKEN: TOKENS.viewer };
  const plain = (html: string | undefined): string => (html ?? "").replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
  const readout = await body(`/experiments/${name}/readout.md`);
  const told = {
    page: plain(part(await body(`/experiments/${name}/`), "<section", 'id="decision"')),
    cards: plain(part(await body("/all?view=cards&status=all"), "<article", `/experiments/${name}/`)),
    json: String(member(member(decided ?? report, "verdict"), "sentence")),
    summary: (await body(`/experiments/${name}/summary.md`)).replaceAll("\\", ""),
    readout: readout.replaceAll(/\\|\*\*/g, ""),
    picture: plain(await body(`/experiments/${name}/readout.svg`)),
    agent: String(member(data["verdict"], "sentence")),
    "agent's list": String(member((listed as readonly unknown[])[0], "sentence")),
    verdict: (await run({ args: ["verdict", name, "--url", url], env })).stdout,
    show: (await run({ args: ["show", name, "--url", url], env })).stdout.replaceAll("\\", ""),
  };
  for (const [teller, text] of Object.entries(told))
    expect([teller, text]).toEqual([teller, expect.stringContaining(sentence)]);
  expect(part(readout, "\n", "| blue")?.split("|").at(-2)?.trim()).toBe(shown);
}

/** Webhooks, feeds and the log are told the same facts. */
async function facts(name: string): Promise<readonly string[]> {
  const experiment = await agents.context.store.definitions.read(parseExperimentName(name));
  const entries = await readFeed(agents.context, experiment);
  return entries.map(({ text }) => text).filter((text) => text.includes("is shown"));
}

describe("where the KPI that decides shows nothing", () => {
  const name = "open";
  const sentence = "Keep running: no difference shown yet";
  const expectHints = async (): Promise<void> => {
    await expectWord(name, null, "undecided");
    await expectWord(name, "signup", "looks better", null);
    await expectWord(name, "visit", "looks worse", null);
    expect(await facts(name)).toEqual([]);
  };
  beforeAll(() => made(name, [15, 15]));

  test("explored KPIs look better or worse, whoever tells", async () => {
    await expectHints();
    await expectSentence(name, sentence, "");
  });

  test("what comes after a winner was set concludes nothing, and does once that is undone", async () => {
    await act(`${name}/winner`, { alternative_name: "blue" });
    const late = DAYS.flatMap((day) =>
      Array.from({ length: 30 }, (_, number) => ({
        client: `1-${day}-${40 + number}`,
        index: 1,
        day,
        converts: [null],
      })),
    );
    await record(agents.context, name, late);
    await expectHints();
    await expectSentence(name, sentence, "");
    await act(`${name}/winner/reset`);
    await expectWord(name, null, "better");
    for (const [kpi, word] of [
      ["signup", "looks better"],
      ["visit", "looks worse"],
    ] as const)
      await expectWord(name, kpi, word);
    await expectSentence(name, "Ship blue: conversion rate is up 200.0%", "better");
  });
});

describe("where the KPI that decides has concluded", () => {
  const name = "concluded";
  const sentence = "Ship blue: conversion rate is up 133.3%";
  beforeAll(() => made(name, [9, 21]));

  test.each([
    ["at once", async () => {}],
    ["after a winner was set", () => act(`${name}/winner`, { alternative_name: "blue" })],
    ["after it was undone", () => act(`${name}/winner/reset`)],
    ["in the archive", () => act(`${name}/archive`)],
  ])("it is better, and explored KPIs look so, %s", async (_, change) => {
    await change();
    const expected = { null: "better", signup: "looks better", visit: "looks worse" } as const;
    for (const kpi of KPIS) await expectWord(name, kpi, expected[kpi ?? "null"]);
    await expectSentence(name, sentence, "better");
    expect(await facts(name)).toEqual([expect.stringMatching(/^blue is shown better than red on the default KPI/)]);
  });
});
