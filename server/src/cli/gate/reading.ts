/** What a pipeline is told of an experiment, read from a dashboard's JSON, or from a folder that no server has open. */
import type { Loaded } from "../../config/load.ts";
import { reasonOf } from "../../domain/errors.ts";
import { member } from "../../lib/member.ts";
import type { Verdict } from "../../stats/report.ts";
import { askDashboard, type Dashboard, foreign } from "../dashboard-client.ts";
import { CliError, type World } from "../world.ts";
import { type Outcome, outcomeOf, VERDICT_KINDS } from "./exit-codes.ts";

export interface Reading {
  readonly experiment: string;
  readonly kind: Verdict["kind"];
  readonly outcome: Outcome;
  readonly sentence: string;
  /** The alternative that the verdict is about. */
  readonly alternative: string | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly participants: number;
  /** Set by a person. The verdict is that of the day it was set on, where that was kept. */
  readonly winner: string | null;
  readonly decidedOn: string | null;
}

/** What of a dashboard's JSON it is read from. */
interface Answer {
  readonly name: string;
  readonly definition: { readonly winner: string | null };
  readonly report: {
    readonly verdict: Said & { readonly arm?: number; readonly inputs: Readonly<Record<string, unknown>> };
    readonly arms: readonly { readonly name: string }[];
    readonly plan: { readonly participants: number };
    readonly decided: { readonly day: string; readonly participants: number; readonly verdict: Said } | null;
  };
}

interface Said {
  readonly kind: Verdict["kind"];
  readonly sentence: string;
}

/** By hand: to load a library of schemas took a fifth of the command. */
function isAnswer(value: unknown): value is Answer {
  const at = (...path: readonly string[]): unknown => path.reduce(member, value);
  const [winner, arm, arms] = [at("definition", "winner"), at("report", "verdict", "arm"), at("report", "arms")];
  return (
    isText(at("name")) &&
    (winner === null || isText(winner)) &&
    isSaid(at("report", "verdict")) &&
    (arm === undefined || Number.isInteger(arm)) &&
    isObject(at("report", "verdict", "inputs")) &&
    Array.isArray(arms) &&
    arms.every((one) => isText(member(one, "name"))) &&
    isNumber(at("report", "plan", "participants")) &&
    isDecided(at("report", "decided"))
  );
}

function isDecided(value: unknown): boolean {
  if (value === null) return true;
  return isText(member(value, "day")) && isNumber(member(value, "participants")) && isSaid(member(value, "verdict"));
}

function isSaid(value: unknown): boolean {
  const kinds: readonly unknown[] = VERDICT_KINDS;
  return kinds.includes(member(value, "kind")) && isText(member(value, "sentence"));
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

/** @throws CliError */
export async function readDashboard(dashboard: Dashboard, name: string): Promise<Reading> {
  const answer = await askDashboard(dashboard, `/experiments/${encodeURIComponent(name)}.json`);
  if (!isAnswer(answer)) throw foreign(dashboard, "the report");
  return readingOf(answer);
}

/** @throws CliError 3: the folder is in use, can't be read or holds nothing; 2: there is no such experiment */
export async function readStore(world: World, loaded: Loaded, name: string): Promise<Reading> {
  const { withStore } = await import("../job.ts");
  const { analystOf } = await import("../wiring-analyst.ts");
  const { experimentJson } = await import("../../service/report/report-json.ts");
  const { SixpackError } = await import("../../domain/errors.ts");
  try {
    return await withStore(world, loaded, "refuse", async ({ store, clock }) => {
      const analyst = analystOf(loaded.config, { store, clock });
      const json = await experimentJson({ store, analyst }, name, {}).catch((error: unknown) => {
        const isUnknown = error instanceof SixpackError && error.code === "experiment-not-found";
        throw isUnknown ? new CliError(reasonOf(error), 2, { cause: error }) : error;
      });
      const answer: unknown = JSON.parse(JSON.stringify(json));
      if (!isAnswer(answer)) throw new Error("Expected the JSON of an experiment to have its report");
      return readingOf(answer);
    });
  } catch (error) {
    throw error instanceof CliError && error.exitCode === 1 ? new CliError(error.message, 3, { cause: error }) : error;
  }
}

function readingOf({ name, definition, report }: Answer): Reading {
  const { verdict, arms, plan, decided } = report;
  const { kind, sentence } = decided?.verdict ?? verdict;
  const { winner } = definition;
  const said = verdict.arm === undefined ? null : (arms[verdict.arm]?.name ?? null);
  return {
    experiment: name,
    kind,
    outcome: outcomeOf(kind),
    sentence,
    alternative: decided === null ? said : winner,
    inputs: decided === null ? verdict.inputs : {},
    participants: decided?.participants ?? plan.participants,
    winner,
    decidedOn: decided?.day ?? null,
  };
}
