/**
 * `npm test`: installs what tests need, builds, and runs every test of every package. Ends with `N passed, N failed`.
 * Arguments go to vitest: `npm test -- server/test/config`, `npm test -- -t "keeps the first alternative"`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ensureBuilt, ensureInstalled, ensureNode, fail, ROOT, run, say } from "./prepare.mjs";
import { APT_WAITS } from "./runtimes/debian.mjs";

/** Programs that tests run for real, and the Debian packages of each. */
const TOOLS = [
  { command: "redis-server", packages: ["redis-server"], use: "the Redis engine" },
  { command: "redis-sentinel", packages: ["redis-sentinel"], use: "the Redis engine with Sentinels" },
  { command: "openssl", packages: ["openssl"], use: "the Redis engine over TLS" },
  { command: "chromium", packages: ["chromium"], use: "the dashboard in a browser" },
  { command: "curl", packages: ["curl"], use: "the calls that the dashboard shows" },
  { command: "nginx", packages: ["nginx-light"], use: "the proxies of docs/operations.md" },
  { command: "caddy", packages: ["caddy"], use: "the proxies of docs/operations.md" },
  { command: "haproxy", packages: ["haproxy"], use: "the proxies of docs/operations.md" },
  { command: "apache2", packages: ["apache2-bin"], use: "the proxies of docs/operations.md" },
  { command: "python3", packages: ["python3"], use: "the Python client" },
  { command: "ruby", packages: ["ruby"], use: "the Ruby client" },
  { command: "php", packages: ["php-cli", "php-curl"], use: "the PHP client" },
];

/** Shows pages at half the cost. Where there is none, as on Ubuntu, Chromium itself does. */
const SHELL = "chromium-headless-shell";

// Debian keeps servers where only root looks.
process.env.PATH = [process.env.PATH ?? "", "/usr/sbin", "/sbin"].join(delimiter);

ensureNode();
ensureInstalled();
ensureTools();
ensureBuilt();
process.exitCode = runTests(process.argv.slice(2));

function ensureTools() {
  const missing = TOOLS.filter(({ command }) => !isOnPath(command));
  if (missing.length === 0) return;
  const packages = missing.flatMap((tool) => tool.packages);
  if (process.getuid?.() !== 0 || !isOnPath("apt-get")) {
    const list = missing.map(({ command, use }) => `  ${command}, for ${use}`).join("\n");
    fail(
      `The tests need programs that are not installed:\n${list}\n` +
        `Install them and run npm test again. On Debian and Ubuntu:\n  sudo apt-get install ${packages.join(" ")}`,
    );
  }
  say(`Installing ${packages.join(", ")} (apt-get) …`);
  // Run level 1 keeps the packages from starting a service that nobody asked for.
  const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  run("apt-get", ["update", "-qq"], env);
  const install = [APT_WAITS, "install", "-y", "-qq", "--no-install-recommends"];
  run("apt-get", [...install, ...packages], env);
  if (!isOnPath(SHELL)) spawnSync("apt-get", [...install, SHELL], { stdio: "ignore", env: { ...process.env, ...env } });
}

function isOnPath(command) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}

/** Returns the exit code. */
function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-test-"));
  const report = join(folder, "report.json");
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  try {
    const { status } = spawnSync(
      process.execPath,
      [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args],
      { cwd: ROOT, stdio: "inherit" },
    );
    const { passed, failed } = countsOf(report, status === 0);
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    return failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that fails before its first test, and a run that fails outside of any, count as one failure each. */
function countsOf(report, succeeded) {
  let passed = 0;
  let failed = 0;
  if (existsSync(report)) {
    for (const file of JSON.parse(readFileSync(report, "utf8")).testResults) {
      const states = file.assertionResults.map((test) => test.status);
      passed += states.filter((state) => state === "passed").length;
      const failures = states.filter((state) => state === "failed").length;
      failed += failures === 0 && file.status === "failed" ? 1 : failures;
    }
  }
  return { passed, failed: failed === 0 && !succeeded ? 1 : failed };
}
