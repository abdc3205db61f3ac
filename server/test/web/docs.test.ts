import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PERIODS } from "../../src/domain/period.ts";
import { PAGE_SIZE, SORTS, STATUSES } from "../../src/service/report/listing.ts";
import { HEALTH_FILTERS, ORDERS, OVERVIEW_SORTS } from "../../src/service/report/overview.ts";
import { POINTS_MAX } from "../../src/service/report/series.ts";
import { ACTION_PATHS } from "../../src/web/actions/actions.ts";
import { STREAMS_MAX } from "../../src/web/events.ts";
import { CHART_KINDS, DIFFS, EXPERIMENT_ARGUMENTS } from "../../src/web/experiment-view.ts";
import { WEB_BODY_BYTES_MAX, WEB_SEGMENT_LENGTH_MAX } from "../../src/web/options.ts";
import { LIST_VIEWS } from "../../src/web/pages/list/view.ts";
import { THEMES } from "../../src/web/theme.ts";

const text = readFileSync(new URL("../../../docs/http-api.md", import.meta.url), "utf8");
const dashboard = text.slice(text.indexOf("## Dashboard"));

test("docs/http-api.md names every action, and no other", () => {
  const documented = [...dashboard.matchAll(/`POST \/experiments\/<name>\/([^`]+)`/g)].map(([, path]) => path);
  expect(documented.sort()).toEqual([...Object.keys(ACTION_PATHS), "export"].sort());
});

test("docs/http-api.md says which role each action asks for", () => {
  const roles = /\*\*Roles\.\*\*[\s\S]*?\n\n/.exec(dashboard)?.[0] ?? "";
  const [editors = "", admins = ""] = roles.slice(roles.indexOf("`editor`")).split("`admin`");
  for (const [path, { role }] of Object.entries(ACTION_PATHS)) {
    const word = path.startsWith("winner") ? path : path.replace(/.*>\//, "");
    expect(role === "editor" ? editors : admins, path).toContain(`\`${word}\``);
    expect(role === "editor" ? admins : editors, path).not.toContain(`\`${word}\``);
  }
});

test("docs/http-api.md names every choice of the pages", () => {
  const choices = [
    OVERVIEW_SORTS,
    ORDERS,
    HEALTH_FILTERS,
    LIST_VIEWS,
    CHART_KINDS,
    DIFFS,
    THEMES,
    EXPERIMENT_ARGUMENTS,
  ];
  for (const word of choices.flat()) expect(dashboard).toContain(`\`${word}\``);
  expect(dashboard).toContain(`${STREAMS_MAX} streams`);
});

test("docs/http-api.md names every choice and limit of the lists and bodies", () => {
  for (const word of [...PERIODS, ...STATUSES, ...SORTS]) expect(dashboard).toContain(`\`${word}\``);
  expect(dashboard).toContain(`${PAGE_SIZE}\na page`);
  for (const limit of [WEB_BODY_BYTES_MAX, WEB_SEGMENT_LENGTH_MAX, POINTS_MAX]) {
    expect(dashboard).toContain(limit.toLocaleString("en"));
  }
});
