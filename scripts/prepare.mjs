/**
 * What `npm start`, `npm test` and `.ci/run` need before they can work: a new enough Node, installed packages, a build.
 * Plain Node without dependencies, because on a fresh checkout there is nothing else.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The oldest Node, as package.json promises it. */
const NODE_MIN = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  .engines.node.match(/\d+/g)
  .map(Number);

/** What a build is made of; anything newer than dist/main.js makes it stale. */
const BUILD_INPUTS = [
  "server/src",
  "server/vite.config.ts",
  "server/third-party-notices.ts",
  "docs/statistics.md",
  "server/package.json",
  "package-lock.json",
];
const BUILD_OUTPUT = "server/dist/main.js";

/** Talk goes to stderr, so that stdout stays what the command itself prints. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

export function fail(text) {
  say(text);
  process.exit(1);
}

/**
 * What a caller may have asked of npm, and npm tells its scripts by the environment: `npm pack --workspace server --dry-run`
 * must not have an `npm ci` of ours install for one package, or nothing. With `NODE_ENV=production` npm leaves out what builds.
 */
const OF_THE_CALLER =
  /^npm_config_(?:workspaces?|include_workspace_root|dry_run|json|silent|pack_destination|global|location|omit|package_lock)$|^NODE_ENV$/i;

function inherited() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THE_CALLER.test(name)));
}

/** Runs a command in the repository with its output on stderr, and ends this process when it fails. */
export function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
    env: { ...inherited(), ...env },
    // npm is a .cmd file on Windows, which only a shell can start.
    shell: process.platform === "win32",
  });
  if (result.error) fail(`Expected to run \`${command}\`, got: ${result.error.message}`);
  if (result.status !== 0) fail(`\`${[command, ...args].join(" ")}\` ended with ${result.status ?? result.signal}.`);
}

export function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [majorMin, minorMin] = NODE_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return;
  fail(`Expected Node ${NODE_MIN.join(".")} or newer, got ${process.versions.node}. Get one from https://nodejs.org`);
}

const CI = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
const STAMP = join(ROOT, "node_modules/.package-lock.json");

export function ensureInstalled() {
  if (isInstalled(({ optional }) => !optional)) return;
  say("Installing packages (npm ci) …");
  // No install script is needed: native parts come prebuilt, and one optional package would try to compile itself.
  run("npm", CI);
}

/** Only what the server is made of, where nothing is installed yet: tests and the other packages need as much again. */
export function ensureInstalledToServe() {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, "server/package.json"), "utf8"));
  const named = new Set(Object.keys({ ...dependencies, ...devDependencies }).map((name) => `node_modules/${name}`));
  const there = existsSync(STAMP) ? packagesOf(STAMP) : {};
  // What a package needs came with it, so it is enough that those we name are there, and that nothing is of another version.
  if (isInstalled((_, path) => named.has(path) || there[path] !== undefined)) return;
  if (existsSync(STAMP) && existsSync(join(ROOT, "node_modules/vitest"))) return ensureInstalled();
  say("Installing packages (npm ci) …");
  run("npm", [...CI, "--workspace", "server"]);
}

/**
 * npm writes node_modules/.package-lock.json last and lists in it what is really there, so it is the stamp: when it
 * holds every package of package-lock.json that is needed in the same version, there is nothing to install.
 */
function isInstalled(isNeeded) {
  if (!existsSync(STAMP)) return false;
  const installed = packagesOf(STAMP);
  return Object.entries(packagesOf(join(ROOT, "package-lock.json"))).every(
    ([path, wanted]) =>
      // The workspaces themselves have no entry there, and optional packages are those of other platforms.
      !path.startsWith("node_modules/") || !isNeeded(wanted, path) || installed[path]?.version === wanted.version,
  );
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, "utf8")).packages ?? {};
}

export function ensureBuilt() {
  if (isBuilt()) return;
  say("Building …");
  run("npm", ["run", "--silent", "build"]);
}

function isBuilt() {
  const output = join(ROOT, BUILD_OUTPUT);
  if (!existsSync(output)) return false;
  const builtMs = statSync(output).mtimeMs;
  return BUILD_INPUTS.every((input) => newestMs(join(ROOT, input)) <= builtMs);
}

/** When the newest file at or below a path was changed. Folders count too: they change when a file goes. */
function newestMs(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), entry.mtimeMs);
}
