import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PERIODS } from "../../src/domain/period.ts";
import { logWord } from "../../src/service/administer/acts/acts.ts";
import { ALL_ACTS } from "../../src/service/administer/acts/undo.ts";
import { DECLARATION_BODY } from "../../src/service/administer/declaration-fields.ts";
import { fieldsText } from "../../src/service/administer/field-words.ts";
import { PAGE_SIZE, SORTS } from "../../src/service/report/listing.ts";
import { ORDERS, OVERVIEW_SORTS } from "../../src/service/report/overview.ts";
import { STATUSES } from "../../src/service/report/selection.ts";
import { POINTS_MAX } from "../../src/service/report/series.ts";
import { TRIAGES } from "../../src/service/report/triage.ts";
import { THEMES } from "../../src/web/http/frame.ts";
import { APPLY_BODY_BYTES_MAX, WEB_BODY_BYTES_MAX, WEB_SEGMENT_LENGTH_MAX } from "../../src/web/http/web-options.ts";
import { STREAMS_MAX } from "../../src/web/routes/event-stream.ts";
import { CHART_KINDS, DIFFS, EXPERIMENT_ARGUMENTS } from "../../src/web/views/experiment-view.ts";
import { LIST_VIEWS } from "../../src/web/views/pages/list/view.ts";
import * as make from "../support/make.ts";
import { GUARDED } from "./access/people.ts";
import { openApp } from "./support.ts";

const text = readFileSync(new URL("../../../docs/http-api.md", import.meta.url), "utf8");
const dashboard = text.slice(text.indexOf("## Dashboard"));

test("docs/http-api.md has a row for every act, in its own words, and no other", () => {
  const rows = [...dashboard.matchAll(/^\| `POST \/experiments\/<name>\/[^\n]*$/gm)].map(([row]) => row);
  const expected = ALL_ACTS.map(({ path, body, does }) => {
    const fields = fieldsText(body);
    return `| \`POST /experiments/<name>/${path}\` |${fields === "" ? "" : ` ${fields}`} | ${does} |`;
  });
  expect(rows.filter((row) => !/<name>\/(?:export|compact)`/.test(row)).sort()).toEqual(expected.sort());
});

test("docs/http-api.md names every field of a declaration", () => {
  const row = /^\| `POST \/experiments` \|[^\n]*$/m.exec(dashboard)?.[0] ?? "";
  for (const name of Object.keys(DECLARATION_BODY)) expect(row).toContain(`\`${name}\``);
});

test("every word that is logged is one that the log page knows", () => {
  const folder = new URL("../../src/service/", import.meta.url);
  const words = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => [...readFileSync(new URL(file, folder), "utf8").matchAll(/\baction: "([\w-]+)"/g)])
    .map(([, word = ""]) => word);
  expect(new Set(words).size).toBeGreaterThan(10);
  for (const word of words) expect(logWord(word), word).toBeDefined();
});

test("docs/http-api.md says which role each action asks for", () => {
  const roles = /\*\*Roles\.\*\*[\s\S]*?\n\n/.exec(dashboard)?.[0] ?? "";
  expect(roles).toContain("`editor`: also\nevery act on an experiment that is not kept for `admin`,");
  const admins = roles.slice(roles.indexOf("`admin`: also"));
  for (const { path, role } of ALL_ACTS) {
    const word = `\`${path.replace(/.*>\//, "")}\``;
    if (role === "admin") expect(admins, path).toContain(word);
    else expect(admins, path).not.toContain(word);
  }
});

test("docs/http-api.md names every path that is open to everybody", async () => {
  const app = openApp(make.context(), GUARDED);
  const paths = new Set<string>();
  app.addHook("onRoute", ({ url, config }) => {
    if (config?.access === "public") paths.add(url);
  });
  await app.ready();
  const sentence = /Open to everybody are[\s\S]*?\n\n/.exec(dashboard)?.[0] ?? "";
  const named = [...sentence.matchAll(/`(?:POST )?(\/[^`]*?)\/?`/g)].map(([, path = ""]) => path);
  expect(paths.size).toBeGreaterThan(5);
  expect([...paths].filter((path) => !named.some((one) => path === one || path.startsWith(`${one}/`)))).toEqual([]);
});

test("docs/http-api.md names every choice of the pages", () => {
  const choices = [OVERVIEW_SORTS, ORDERS, TRIAGES, LIST_VIEWS, CHART_KINDS, DIFFS, THEMES, EXPERIMENT_ARGUMENTS];
  for (const word of choices.flat()) expect(dashboard).toContain(`\`${word}\``);
  expect(dashboard).toContain(`${STREAMS_MAX} streams`);
});

test("docs/http-api.md names every choice and limit of the lists and bodies", () => {
  for (const word of [...PERIODS, ...STATUSES, ...SORTS]) expect(dashboard).toContain(`\`${word}\``);
  expect(dashboard.replaceAll("\n", " ")).toContain(`${PAGE_SIZE} a page`);
  for (const limit of [WEB_BODY_BYTES_MAX, APPLY_BODY_BYTES_MAX, WEB_SEGMENT_LENGTH_MAX, POINTS_MAX]) {
    expect(dashboard).toContain(limit.toLocaleString("en"));
  }
});
