/**
 * `npm start`: from a fresh checkout to a running server. Installs and builds what is missing, then runs
 * `sixpack start` in this very process, so that signals and the exit code need no forwarding.
 * Arguments go through: `npm start -- --port 8000`.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt, ensureInstalled, ensureNode, ROOT } from "./prepare.mjs";

ensureNode();
ensureInstalled();
ensureBuilt();

const bin = join(ROOT, "server/bin/sixpack.js");
process.argv = [process.execPath, bin, "start", ...process.argv.slice(2)];
await import(pathToFileURL(bin).href);
