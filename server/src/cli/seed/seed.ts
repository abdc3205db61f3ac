/** `sixpack seed`: fills a running server with believable traffic, through the same HTTP API as everybody else. */
import { reasonOf } from "../../domain/errors.ts";
import { member } from "../../lib/member.ts";
import { grouped } from "../../lib/text.ts";
import { askDashboard, type Dashboard, dashboardOf } from "../dashboard-client.ts";
import { progressBar } from "../progress-bar.ts";
import { CliError, type World } from "../world.ts";
import { type Answer, ApiClient } from "./api-client.ts";
import { EXPERIMENTS, type SeedExperiment, type Visit, visitorsOf, visits } from "./scenario.ts";

export interface SeedArguments {
  readonly url: string;
  /** Address of the dashboard, where segments are declared; left out, that of a fresh install if `url` is that of its API. */
  readonly dashboard?: string;
  readonly seed: number;
  readonly scale: number;
  readonly days: number;
  readonly concurrency: number;
}

/** What came of one experiment: per alternative, and per KPI in all. */
interface Result {
  readonly participants: Map<string, number>;
  readonly conversions: Map<string, number>;
  /** Visitors outside the traffic. */
  excluded: number;
}

/** Where `sixpack start` listens unless it is told otherwise. */
const API_URL = "http://localhost:5000";
const DASHBOARD_URL = "http://localhost:5001";

export async function seed(world: World, args: SeedArguments): Promise<void> {
  const client = new ApiClient(args.url, args.concurrency);
  const bar = progressBar(world, "visitors");
  try {
    await expectSixpack(client, args.url);
    const played = await declared(world, args, await open(world, client));
    if (played.length === 0) throw new CliError("Nothing is left to play. Delete an experiment or let it run again.");
    const total = played.reduce((sum, experiment) => sum + visitorsOf(experiment, args.scale), 0);
    const results = new Map<string, Result>();
    world.err.write(`Sending ${grouped(total)} visitors of ${args.days} days to ${args.url}\n`);
    bar.start(total, 0);
    // Workers share one iterator, so each takes the next visit as soon as it is done with the last.
    const queue = visits({ ...args, nowMs: world.nowMs() }, played);
    const worker = async (): Promise<void> => {
      for (const visit of queue) {
        await play(client, visit, resultOf(results, visit.experiment));
        bar.increment();
      }
    };
    await Promise.all(Array.from({ length: args.concurrency }, worker));
    bar.stop();
    world.out.write(summary(results));
  } finally {
    if (bar.isActive) bar.stop();
    client.close();
  }
}

/** Those that count: an archived or paused one would refuse the first conversion. */
async function open(world: World, client: ApiClient): Promise<readonly SeedExperiment[]> {
  const found: SeedExperiment[] = [];
  for (const experiment of EXPERIMENTS) {
    const { body } = await client.call(`/experiments/${experiment.name}`);
    const state =
      member(body, "is_archived") === true ? "archived" : member(body, "is_paused") === true ? "paused" : null;
    if (state === null) found.push(experiment);
    else world.err.write(`Left out ${experiment.name}: it is ${state}, and nothing is counted.\n`);
  }
  return found;
}

/** Declares experiments that need it, and leaves those out that it can't declare. */
async function declared(
  world: World,
  args: SeedArguments,
  experiments: readonly SeedExperiment[],
): Promise<readonly SeedExperiment[]> {
  const named = dashboardOf({ url: args.dashboard }, world.env);
  const dashboard = named ?? (args.url === API_URL ? dashboardOf({ url: DASHBOARD_URL }, world.env) : undefined);
  const played: SeedExperiment[] = [];
  for (const experiment of experiments) {
    const { name, alternatives, segments } = experiment;
    const reason = segments && (await refusal(dashboard, { name, alternatives, segments: segments.declared }));
    if (reason === undefined) played.push(experiment);
    else world.err.write(`Left out ${name}, whose segments have to be declared first. ${reason}\n`);
  }
  return played;
}

/** Why it can't be declared; `undefined` once it is. */
async function refusal(dashboard: Dashboard | undefined, declaration: object): Promise<string | undefined> {
  if (dashboard === undefined) return "Name the dashboard with --dashboard.";
  try {
    await askDashboard(dashboard, "/experiments", declaration);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** @throws CliError: something else listens there, or a server that can't serve */
async function expectSixpack(client: ApiClient, url: string): Promise<void> {
  const { status, body } = await client.call("/_status");
  if (status === 200 && member(body, "status") === "ok") return;
  throw new CliError(`Expected Sixpack's API at ${url}, got status ${status} for /_status.`);
}

async function play(client: ApiClient, visit: Visit, result: Result): Promise<void> {
  const { experiment, clientId } = visit;
  const who = [
    ["experiment", experiment.name],
    ["client_id", clientId],
  ] as const;
  const call = [
    ["datetime", visit.at],
    ...experiment.alternatives.map((name) => ["alternatives", name] as const),
    ...given("traffic_fraction", experiment.trafficFraction),
    ...given("covariate", visit.covariate),
    ...Object.entries(visit.segments ?? {}).map(([dimension, value]) => [`segment.${dimension}`, value] as const),
  ] as const;
  if (visit.lostIn !== undefined) {
    const coming = await client.call("/participate", [...who, ["prefetch", "yes"], ...call]);
    if (member(member(ok(coming, experiment), "alternative"), "name") === visit.lostIn) return;
  }
  let answer = await client.call("/participate", [...who, ...call]);
  if (visit.secondId !== undefined) {
    const second = [["experiment", experiment.name] as const, ["client_id", visit.secondId] as const];
    ok(await client.call("/participate", [...second, ...call]), experiment);
    answer = await client.call("/participate", [...who, ["previous_id", visit.secondId], ...call]);
  }
  const told = ok(answer, experiment);
  const alternative = String(member(member(told, "alternative"), "name"));
  // They see the control, as its participants do, and are counted nowhere.
  if (member(told, "reason") === "excluded") {
    result.excluded += 1;
    return;
  }
  count(result.participants, alternative);
  for (const { kpi, value, at } of visit.conversions(alternative)) {
    const converted = await client.call("/convert", [
      ...who,
      ["datetime", at],
      ...given("kpi", kpi ?? undefined),
      ...given("value", value),
    ]);
    ok(converted, experiment);
    count(result.conversions, kpi ?? "default");
  }
}

function given(name: string, value: string | number | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[name, String(value)]];
}

/** The body of an answer that went well. @throws CliError with what the server said otherwise */
function ok({ status, body }: Answer, experiment: SeedExperiment): unknown {
  if (status === 200) return body;
  if (status === 404) {
    throw new CliError("Expected Sixpack's API, got a server without /participate. The dashboard has another port.");
  }
  throw new CliError(
    `The server refused a call for ${experiment.name} with status ${status}: ${String(member(body, "message"))}`,
  );
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function resultOf(results: Map<string, Result>, { name }: SeedExperiment): Result {
  const known = results.get(name);
  if (known !== undefined) return known;
  const result: Result = { participants: new Map(), conversions: new Map(), excluded: 0 };
  results.set(name, result);
  return result;
}

/** One line per experiment: what was sent. The dashboard has the rest. */
function summary(results: ReadonlyMap<string, Result>): string {
  const lines = [...results].map(([name, { participants, conversions, excluded }]) => {
    const list = (counts: ReadonlyMap<string, number>) =>
      [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, number]) => `${key} ${number}`);
    const left = excluded === 0 ? "" : `; outside the traffic ${excluded}`;
    return `${name}: visitors ${list(participants).join(", ")}; conversions ${list(conversions).join(", ")}${left}`;
  });
  return `${lines.join("\n")}\n`;
}
