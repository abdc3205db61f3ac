/**
 * How much JavaScript and CSS a reader of the dashboard downloads, gzipped, against its limits. Builds first where the
 * build is stale. Part of `npm run check`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ensureBuilt, fail, ROOT, say } from "./prepare.mjs";

/** In bytes: the bar of the dashboard, on a phone in a train. */
const LIMITS = { ".js": 25 * 1024, ".css": 12 * 1024 };

ensureBuilt();
const folder = join(ROOT, "server/dist/client/assets");
for (const [ending, limit] of Object.entries(LIMITS)) {
  const files = readdirSync(folder).filter((name) => name.endsWith(ending));
  if (files.length === 0) fail(`Expected ${ending} files in server/dist/client/assets, got none.`);
  const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name)), { level: 9 }).length, 0);
  const text = `${ending} of the dashboard: ${bytes.toLocaleString("en")} bytes gzipped in ${files.length} files`;
  if (bytes > limit) fail(`${text}, expected at most ${limit.toLocaleString("en")}.`);
  say(`${text}, at most ${limit.toLocaleString("en")}`);
}
