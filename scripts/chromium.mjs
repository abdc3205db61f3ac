/** Chromium as the machine has it, for tests and for `npm run test:runtimes`. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const SHELL = "chromium-headless-shell";

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // As a visitor's: of itself it says that nobody looks at it, and is filtered.
  "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
];

/** Playwright makes an empty user-data folder for each launch, and deletes it afterwards. */
export function startBrowser() {
  return chromium.launch({ executablePath: executable(), args: ARGS });
}

/**
 * The same engine without a browser around it, which shows a page at less than half the cost. Chromium itself where there
 * is none.
 */
export function startShell() {
  return chromium.launch({ executablePath: executable([SHELL, ...NAMES]), args: ARGS });
}

/** A context whose pages are refused cookies and all other storage, as by the browser's setting. @param folder an empty one */
export function startSealedContext(folder) {
  mkdirSync(join(folder, "Default"));
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(folder, "Default/Preferences"), JSON.stringify(preferences));
  return chromium.launchPersistentContext(folder, { executablePath: executable(), args: ARGS });
}

/**
 * Visits a page without anybody attached: a debugger keeps Chromium from rendering pages ahead. @param folder an empty one
 * @returns the process
 */
export function visitAlone(folder, url) {
  return spawn(executable(), [...ARGS, `--user-data-dir=${folder}`, url], { stdio: "ignore" });
}

function executable(names = NAMES) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error("Expected Chromium on the PATH, got none. On Debian and Ubuntu: sudo apt-get install chromium");
}
