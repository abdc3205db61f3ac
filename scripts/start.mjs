/**
 * `npm start`: from a fresh checkout to a running server. Installs and builds what is missing, then runs
 * `sixpack start` in this very process, so that signals and the exit code need no forwarding.
 * Arguments go through: `npm start -- --port 8000`.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt, ensureInstalledToServe, ensureNode, ROOT } from "./prepare.mjs";

/** How soon a lost shell is noticed, in milliseconds. */
const SHELL_WATCH_MS = 250;

ensureNode();
ensureInstalledToServe();
ensureBuilt();

stopWithShell();

const bin = join(ROOT, "server/bin/sixpack.js");
process.argv = [process.execPath, bin, "start", ...process.argv.slice(2)];
await import(pathToFileURL(bin).href);

/**
 * npm runs us through a shell and passes SIGTERM to it; the shell dies of it and tells nobody. Whoever stops `npm start`
 * means the server, so a server that has lost its shell stops, too.
 */
function stopWithShell() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, SHELL_WATCH_MS);
  watch.unref();
}
