/**
 * Takes the README's pictures: starts the built server on a fresh memory store, lets `sixpack seed` play a month of
 * traffic, and photographs the list and one experiment, light, dark and on a phone, into docs/images/.
 *
 *     node --import tsx scripts/screenshots.ts
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../server/test/support/browser.ts";
import { freePort } from "../server/test/support/sixpack.ts";

const BIN = fileURLToPath(new URL("../server/bin/sixpack.js", import.meta.url));
const IMAGES = fileURLToPath(new URL("../docs/images/", import.meta.url));
const SEED_DAYS = 30;
const START_MAX_MS = 15_000;

const SHOTS = [
  { file: "list-light", width: 1360, height: 800, theme: "light", page: "list" },
  { file: "list-dark", width: 1360, height: 800, theme: "dark", page: "list" },
  { file: "experiment-light", width: 1360, height: 1100, theme: "light", page: "experiment" },
  { file: "experiment-dark", width: 1360, height: 1100, theme: "dark", page: "experiment" },
  { file: "list-phone", width: 390, height: 844, theme: "light", page: "list" },
  { file: "experiment-phone", width: 390, height: 844, theme: "dark", page: "experiment" },
] as const;

/** What people would have done to what the seed made, so that the pictures show a dashboard in use. */
const ACTS: readonly (readonly [experiment: string, action: string, fields: Readonly<Record<string, string>>])[] = [
  ["checkout-button", "description", { description: "Does a **warmer button** bring more orders?" }],
  ["pricing-page", "description", { description: "Three ways to explain the price" }],
  ["pricing-page", "plan", { kpi: "trial", baseline_rate: "6%", minimum_uplift: "25%" }],
  ["product-hints", "description", { description: "What others bought, beside the product" }],
  ["product-hints", "plan", { kpi: "add-to-cart", baseline_rate: "14%", minimum_uplift: "10%" }],
  ["search-order", "plan", { baseline_rate: "20%", minimum_uplift: "8%" }],
  ["homepage-hero", "winner/", { alternative_name: "photo" }],
];

const [port, webPort] = [await freePort(), await freePort()];
const api = `http://127.0.0.1:${port}`;
const dashboard = `http://127.0.0.1:${webPort}`;
const server = spawn(
  process.execPath,
  [
    BIN,
    "start",
    ...["storage=memory", `port=${port}`, `web_port=${webPort}`, "csrf_disable=true"].flatMap((key) => ["--set", key]),
  ],
  { stdio: ["ignore", "ignore", "inherit"] },
);
try {
  await answering(`${dashboard}/_status`, server);
  await finished(
    spawn(process.execPath, [BIN, "seed", "--url", api, "--dashboard", dashboard, "--days", String(SEED_DAYS)], {
      stdio: "inherit",
    }),
  );
  for (const [experiment, action, fields] of ACTS) await act(experiment, action, fields);
  mkdirSync(IMAGES, { recursive: true });
  const browser = await launchBrowser();
  const experiment = await largestExperiment();
  for (const shot of SHOTS) await take(browser, shot, shot.page === "list" ? "/" : experiment);
  await browser.close();
} finally {
  server.kill("SIGTERM");
}

async function take(browser: Browser, shot: (typeof SHOTS)[number], path: string): Promise<void> {
  const { width, height, theme, file } = shot;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, deviceScaleFactor: 2 });
  const page = await context.newPage();
  await page.goto(`${dashboard}${path}`);
  await page.screenshot({ path: `${IMAGES}${file}.png` });
  await context.close();
  process.stderr.write(`docs/images/${file}.png\n`);
}

async function act(experiment: string, action: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const { ok, status } = await fetch(`${dashboard}/experiments/${experiment}/${action}`, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams(fields),
  });
  if (!ok) throw new Error(`Expected ${action} of ${experiment} to be done, got ${status}`);
}

/** The one with most participants shows most. */
async function largestExperiment(): Promise<string> {
  const answer = await fetch(`${dashboard}/experiments.json?sort=participants`);
  const { experiments } = (await answer.json()) as { experiments: { name: string }[] };
  const name = experiments[0]?.name;
  if (name === undefined) throw new Error("Expected a seeded experiment, got none");
  return `/experiments/${encodeURIComponent(name)}/`;
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const endMs = performance.now() + START_MAX_MS;
  while (performance.now() < endMs && child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Expected an answer from ${url} within ${START_MAX_MS} ms`);
}

async function finished(child: ChildProcess): Promise<void> {
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`Expected sixpack seed to succeed, got exit code ${code}`);
}
