/**
 * Runs around `npm pack` of the server, in a fresh clone too: installs and builds what is missing, and lends it the
 * repository's README and LICENSE for the tarball.
 * `prepack.mjs --clean` takes them away again, so that the repository keeps one copy of each.
 */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, ROOT } from "./prepare.mjs";

const LENT = ["README.md", "LICENSE"];

if (process.argv.includes("--clean")) {
  for (const name of LENT) rmSync(join(ROOT, "server", name), { force: true });
} else {
  ensureInstalled();
  ensureBuilt();
  for (const name of LENT) copyFileSync(join(ROOT, name), join(ROOT, "server", name));
}
