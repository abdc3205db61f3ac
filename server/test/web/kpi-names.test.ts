/** Names and labels of KPIs on the pages and in the files that tell of them: text wherever they stand. */
import { expect, test } from "vitest";
import { LABEL_LENGTH_MAX } from "../../src/domain/kpi-definition.ts";
import { NAME_LENGTH_MAX } from "../../src/domain/names.ts";
import { dayOf } from "../../src/domain/period.ts";
import { describeKpi } from "../../src/service/administer/acts/kpi-settings.ts";
import { rowsOf } from "../support/csv.ts";
import * as make from "../support/make.ts";
import { openApp } from "./support.ts";
import { TalliedStore } from "./tallied.ts";

const LABELS = [
  "<script>alert(1)</script>",
  `<b>'"&`.repeat(LABEL_LENGTH_MAX).slice(0, LABEL_LENGTH_MAX),
  "a | b *c* [d](javascript:e)",
  "=1+1",
  "Ship blue: up 300%.",
  "\u202eabc",
  "W".repeat(LABEL_LENGTH_MAX),
];

/** The dashboard of an experiment that is decided by a KPI with this name and label. */
async function decidedBy(kpi: string, label: string) {
  const store = new TalliedStore();
  const context = make.context({ store });
  const traffic = { rates: { red: 0.2, blue: 0.26 }, participants: 20_000, days: 10, kpis: [kpi] };
  await store.add({ ...traffic, name: "button" }, dayOf(make.NOW_MS));
  await describeKpi(context, { name: "button", actor: "ada" }, kpi, { label });
  const app = openApp(context);
  const get = async (url: string, accept = "text/html") => {
    const { statusCode, body } = await app.inject({ url, headers: { accept } });
    expect(statusCode, url).toBe(200);
    return body;
  };
  return { app, get, query: `?kpi=${encodeURIComponent(kpi)}` };
}

test.each([
  ["k".repeat(NAME_LENGTH_MAX), ""],
  ["toString", ""],
  ["sale", ""],
  ...LABELS.map((label) => ["sale", label]),
])("a KPI %j with the label %j is text on pages, short in sentences and whole in files", async (kpi, label) => {
  const { app, get, query } = await decidedBy(kpi, label);
  for (const path of [`/experiments/button/${query}`, `/${query}`, `/${query}&view=cards`, "/experiments/button/"]) {
    const html = await get(path);
    if (/[<&]/.test(label)) expect(html, path).not.toContain(label);
    for (const sentence of html.match(/(?:Ship|Roll back|Keep running)[^<]*/g) ?? []) {
      expect(sentence.length, path).toBeLessThan(500);
    }
  }
  expect(JSON.parse(await get("/experiments/button.json", "application/json")).kpis).toContain(kpi);
  expect(rowsOf(await get("/experiments/button/export.csv")).flat()).toContain(kpi);
  // A bar or a line break in it would add a column or a row to the table.
  const summary = (await get(`/experiments/button/summary.md${query}`, "*/*")).split("\n");
  const rows = summary.filter((line) => line.startsWith("|")).map((line) => line.split(/(?<!\\)\|/).length);
  expect(new Set(rows).size).toBe(1);
  expect(rows).toHaveLength(4);
  await app.close();
});
