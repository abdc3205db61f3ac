/** Experiments of every kind and size, and the pages that show them: what the sheet of pictures and the tests look at. */
import type { Page } from "playwright-core";
import { withAlternative, withRetired, withTrafficFraction } from "../../../src/domain/epochs.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import { parseAlternativeName } from "../../../src/domain/names.ts";
import { type Webhook, webhookId } from "../../../src/domain/webhook.ts";
import { reset } from "../../../src/service/administer/acts/ending.ts";
import { setManager } from "../../../src/service/administer/acts/ownership.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import { setWinner } from "../../../src/service/administer/acts/state.ts";
import { Outbox } from "../../../src/service/alerts/outbox.ts";
import type { AccessOptions } from "../../../src/web/http/identity.ts";
import * as make from "../../support/make.ts";
import { PASSWORD, USERS, WITH_PASSWORDS } from "../access/people.ts";
import { addBandit } from "../bandits.ts";
import { createExperiment, crowd, record } from "../support.ts";
import type { Traffic } from "../tallied.ts";
import { type Dashboard, planned, startDashboard, TWO_KPIS } from "./dashboard.ts";

export interface Scene {
  /** Of its picture. */
  readonly name: string;
  readonly path: string;
  /** What is done there before it is looked at. */
  readonly act?: (page: Page) => Promise<void>;
}

/** A dashboard, and what is looked at on it. */
export interface Stage {
  readonly url: string;
  readonly scenes: readonly Scene[];
  readonly close: () => Promise<void>;
}

/** As wide as a phone is a phone: a finger is what points there. */
export function screenOf(width: number) {
  const isPhone = width < 500;
  return { viewport: { width, height: 900 }, hasTouch: isPhone, isMobile: isPhone };
}

/** Opens the page and does what is done there. */
export async function show(page: Page, { path, act }: Scene): Promise<void> {
  await page.goto(path);
  await act?.(page);
}

const W = "W".repeat(200);
/** As long as names may be; the experiment's may hold any character but those that control. */
const LONGEST_EXPERIMENT = `<b>'"${W}${"x".repeat(255 - 6 - W.length)}`.slice(0, 255);
const LONGEST = (letter: string) => letter.repeat(255);

const SIX = { control: 0.05, large: 0.052, short: 0.055, video: 0.065, plain: 0.04, price: 0.058 };

const TRAFFIC: readonly Traffic[] = [
  { ...TWO_KPIS, dimensions: ["device", "plan=free|pro|team"] },
  { name: "homepage-hero", rates: SIX, participants: 90_000, days: 23, kpis: ["signup", "trial"] },
  {
    name: "onboarding-steps",
    rates: Object.fromEntries(
      ["control", "short", "long", "video", "quiz", "tour", "badge", "emoji", "countdown", "chat", "map", "none"].map(
        (name, at) => [name, 0.05 + (at % 5) * 0.0012],
      ),
    ),
    participants: 10_000_000,
    days: 400,
    kpis: ["signup"],
  },
  {
    name: "checkout-revenue",
    rates: { green: 0.2, orange: 0.24 },
    participants: 24_000,
    days: 21,
    kpis: ["revenue"],
    values: { revenue: { mean: 45.25, deviation: 30 } },
  },
  { name: "signup-form", rates: { old: 0.1, new: 0.1 }, participants: 20_000, days: 20, shares: [0.54, 0.46] },
  { name: "price-page", rates: { old: 0.2, new: 0.26 }, participants: 20_000, days: 20 },
  { name: "search-order", rates: { old: 0.2, new: 0.15 }, participants: 20_000, days: 20, excluded: 2_000 },
  { name: "no-goal", rates: { old: 0, new: 0 }, participants: 1_500, days: 12 },
  { name: "billion", rates: { old: 0.1, new: 0.10006 }, participants: 1_000_000_000, days: 60 },
  { name: "winner-set", rates: { photo: 0.2, film: 0.26 }, participants: 20_000, days: 20 },
  { name: "just-begun", rates: { old: 0.2, new: 0.2 }, participants: 60, days: 2 },
  {
    name: LONGEST_EXPERIMENT,
    rates: { [LONGEST("a")]: 0.1, [LONGEST("b")]: 0.12 },
    participants: 30_000,
    days: 30,
    kpis: [LONGEST("k")],
    description: `${LONGEST("d")} **${LONGEST("e")}**`,
    dimensions: [`${LONGEST("s")}=${LONGEST("v")}|${LONGEST("w")}`],
  },
];

const SCENES: readonly Scene[] = [
  { name: "list", path: "/" },
  { name: "cards", path: "/?view=cards" },
  { name: "two", path: pathOf("checkout-button") },
  { name: "six", path: pathOf("homepage-hero") },
  { name: "twelve", path: pathOf("onboarding-steps") },
  { name: "twelve-uplift", path: `${pathOf("onboarding-steps")}?chart=uplift&period=month` },
  { name: "bandit", path: pathOf("bandit") },
  { name: "money", path: `${pathOf("checkout-revenue")}?kpi=revenue` },
  { name: "split", path: pathOf("signup-form") },
  { name: "ship", path: pathOf("price-page") },
  { name: "roll-back", path: pathOf("search-order") },
  { name: "decided", path: pathOf("winner-set") },
  { name: "empty", path: pathOf("empty") },
  { name: "no-conversions", path: pathOf("no-goal") },
  { name: "billion", path: pathOf("billion") },
  { name: "longest", path: pathOf(LONGEST_EXPERIMENT) },
  { name: "longest-unfolded", path: pathOf(LONGEST_EXPERIMENT), act: unfolded },
  { name: "share", path: `${pathOf("homepage-hero")}share` },
  { name: "plan", path: `${pathOf("price-page")}plan` },
  { name: "schedule", path: `${pathOf("price-page")}schedule` },
  { name: "segment", path: `${pathOf("checkout-button")}?segment=device` },
  { name: "readout", path: `${pathOf("winner-set")}readout` },
  { name: "calibration", path: `${pathOf("price-page")}calibration` },
  { name: "links", path: `${pathOf("price-page")}links` },
  { name: "retire", path: `${pathOf("homepage-hero")}alternatives/plain/retire` },
  { name: "set-winner", path: `${pathOf("signup-form")}winner/new` },
  { name: "reset", path: `${pathOf("price-page")}reset` },
  { name: "new", path: "/new" },
  { name: "timeline", path: "/timeline" },
  { name: "search", path: "/search?q=price" },
  { name: "activity", path: "/activity" },
  { name: "alerts", path: "/alerts" },
  { name: "clients", path: "/clients" },
  { name: "removed", path: "/removed" },
  { name: "method", path: "/method" },
  { name: "nothing", path: "/nothing-here" },
];

const LOGIN_SCENES: readonly Scene[] = [
  { name: "login", path: "/login" },
  { name: "login-refused", path: "/login", act: refusedLogin },
];

/** Nobody answers there: what is looked at is the way to it. */
const WITH_PROVIDER: AccessOptions = {
  mode: {
    kind: "oidc",
    issuer: "https://login.example.com",
    clientId: "sixpack",
    clientSecret: undefined,
    clientAuth: "basic",
    scope: "openid",
    nameClaim: "email",
    groupClaim: "groups",
    roles: new Map(),
    groups: new Map(),
    otherRole: undefined,
    webUrl: "https://sixpack.example.com",
  },
  tokens: [],
};

async function unfolded(page: Page): Promise<void> {
  await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true");
}

const RECORDED_SCENES: readonly Scene[] = [
  { name: "calibrated", path: `${pathOf("recorded")}calibration`, act: calibrated },
  { name: "override", path: pathOf("managed"), act: overriding },
  { name: "deliveries", path: "/alerts" },
];

async function calibrated(page: Page): Promise<void> {
  const { href } = new URL(page.url());
  const button = page.getByRole("button", { name: "Calibrate" });
  if (await button.isVisible()) await button.click();
  while (!(await page.getByText("Played on").isVisible())) await page.goto(href);
}

async function overriding(page: Page): Promise<void> {
  await unfolded(page);
  await page.getByLabel("Description (Markdown)").fill("Somebody writes here what the repository will write over.");
  await page.getByRole("button", { name: "Save description" }).click();
  await page.getByRole("button", { name: "all the same" }).waitFor();
}

let tries = 0;

/** Each name may try five times a minute, so they take turns. */
async function refusedLogin(page: Page): Promise<void> {
  tries += 1;
  await page.getByLabel("Name").fill(USERS[tries % USERS.length]?.name ?? "");
  await page.getByLabel("Password").fill(`${PASSWORD}?`);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Wrong name or password.").waitFor();
}

/** All pages, also those of an empty server, before a login, and of a store that fails. */
export async function startStages(): Promise<readonly Stage[]> {
  const [scenes, recorded, empty, login, signOn, failing] = await Promise.all([
    startScenes(),
    startRecorded(),
    startDashboard([]),
    startDashboard([], { access: WITH_PASSWORDS }),
    startDashboard([], { access: WITH_PROVIDER }),
    startDashboard([]),
  ]);
  failing.store.definitions.list = () => Promise.reject(new Error("Expected a disk with room, got none"));
  return [
    { ...scenes, scenes: SCENES },
    { ...recorded, scenes: RECORDED_SCENES },
    { ...empty, scenes: [{ name: "first-visit", path: "/" }] },
    { ...login, scenes: LOGIN_SCENES },
    { ...signOn, scenes: [{ name: "sign-on", path: "/login" }] },
    { ...failing, scenes: [{ name: "failed", path: "/" }] },
  ];
}

function pathOf(name: string): string {
  return `/experiments/${encodeURIComponent(name)}/`;
}

/** A dashboard that has all of them. */
export async function startScenes(): Promise<Dashboard & { readonly close: () => Promise<void> }> {
  const dashboard = await startDashboard(TRAFFIC);
  const { store, context } = dashboard;
  await planned(dashboard, TWO_KPIS.name);
  await createExperiment(context, "empty", ["red", "blue"]);
  await setWinner(context, { name: "winner-set", actor: "ada" }, "film", "The film wins, and costs no more.");
  await setPlan(
    context,
    { name: LONGEST_EXPERIMENT, actor: "ada" },
    { baseline_rate: "5%", minimum_uplift: "10%", power: "80%" },
  );
  await createExperiment(context, "was-reset", ["red", "blue"]);
  await reset(context, { name: "was-reset", actor: "grace" });
  const changes = {
    40: (experiment: Experiment, nowMs: number) => withTrafficFraction(experiment, 0.5, nowMs),
    80: (experiment: Experiment, nowMs: number) => withRetired(experiment, "plain", nowMs),
    100: (experiment: Experiment, nowMs: number) => withAlternative(experiment, parseAlternativeName("late"), nowMs),
  };
  const bandit = { rates: SIX, clientsPerBatch: 1_500, batches: 140, days: 30, goal: "learn", changes } as const;
  await addBandit(store, { name: "bandit", ...bandit }, make.NOW_MS);
  return dashboard;
}

/** Webhooks of two hosts. */
const WEBHOOKS: readonly Webhook[] = [
  "https://hooks.example.com/services/1",
  "https://hooks.example.com/services/2",
  "https://shop.example.org/experiments",
].map((url) => ({ id: webhookId(url), url, secret: undefined, events: undefined, format: "json" }));

const FACTS = [
  { kind: "harm", subject: "blue", sentence: "blue is worse: conversion rate is down by 58 to 74 %." },
  { kind: "sample-ratio-mismatch", subject: "", sentence: "Visitors are not shared out as they should be." },
] as const;

/** A dashboard with clients, not tallies alone, an experiment that a repository manages, and messages of every state. */
async function startRecorded(): Promise<Dashboard & { readonly close: () => Promise<void> }> {
  const dashboard = await startDashboard([], { webhooks: WEBHOOKS });
  const { context } = dashboard;
  await createExperiment(context, "recorded", ["red", "blue"]);
  for (let day = 15; day <= 28; day += 1) {
    await record(
      context,
      "recorded",
      [0, 1].flatMap((arm) => crowd(arm, 60, 15, `2025-02-${day}`)),
    );
  }
  await createExperiment(context, "managed", ["red", "blue"]);
  await setManager(context, { name: "managed", actor: "ci" }, "repo");
  const outbox = new Outbox(context.store);
  const atMs = context.clock.nowMs();
  for (const [place, webhook] of WEBHOOKS.entries()) {
    for (const fact of FACTS)
      await outbox.put(
        `fact_${fact.kind}`,
        webhook,
        { ...fact, experiment: place === 1 ? LONGEST_EXPERIMENT : "recorded", atMs },
        atMs,
      );
    for (const kept of (await outbox.list()).filter(({ delivery }) => delivery.webhook === webhook.id)) {
      const taken = place === 2 ? undefined : await outbox.take(kept, atMs);
      const outcome = place === 0 ? { delivered: true, last: "204" } : { delivered: false, last: "503" };
      if (taken !== undefined) await outbox.settle(taken, outcome, atMs);
    }
  }
  return dashboard;
}
