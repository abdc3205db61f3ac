import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PERIODS } from "../../src/domain/period.ts";
import { PAGE_SIZE, SORTS, STATUSES } from "../../src/service/listing.ts";
import { ACTION_PATHS } from "../../src/web/actions.ts";
import { WEB_BODY_BYTES_MAX, WEB_SEGMENT_LENGTH_MAX } from "../../src/web/options.ts";

const text = readFileSync(new URL("../../../docs/http-api.md", import.meta.url), "utf8");
const dashboard = text.slice(text.indexOf("## Dashboard"));

test("docs/http-api.md names every action, and no other", () => {
  const documented = [...dashboard.matchAll(/`POST \/experiments\/<name>\/([^`]+)`/g)].map(([, path]) => path);
  expect(documented.sort()).toEqual([...Object.keys(ACTION_PATHS), "export"].sort());
});

test("docs/http-api.md names every choice and limit of the lists and bodies", () => {
  for (const word of [...PERIODS, ...STATUSES, ...SORTS]) expect(dashboard).toContain(`\`${word}\``);
  expect(dashboard).toContain(`${PAGE_SIZE}\na page`);
  for (const limit of [WEB_BODY_BYTES_MAX, WEB_SEGMENT_LENGTH_MAX]) {
    expect(dashboard).toContain(limit.toLocaleString("en"));
  }
});
