/**
 * Tools that read. They return only what stays valid at every look: verdicts, claims that hold for all KPIs together,
 * health.
 */
import { Type } from "typebox";
import { reasonOf } from "../../domain/errors.ts";
import { decisionOf, saidOf, stateOf } from "../../domain/experiment.ts";
import { parseClientId } from "../../domain/names.ts";
import { parsePlan } from "../../domain/parse-plan.ts";
import { dayText } from "../../domain/period.ts";
import { dimensionNamed } from "../../domain/segments.ts";
import { snakeCased } from "../../lib/snake-case.ts";
import { checksOf } from "../../service/analysis/checks.ts";
import type { Listed } from "../../service/analysis/list-board.ts";
import { viewClient } from "../../service/client-view.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { clientJson } from "../../service/report/record-json.ts";
import { claimsOf } from "../../stats/claims.ts";
import type { Report, Verdict } from "../../stats/report.ts";
import { tool } from "./tool.ts";

/** Experiments in one answer. */
const LISTED_MAX = 20;
const NAME = Type.String({ description: "Name of the experiment, exactly as it is listed" });

export const listTool = tool({
  name: "list_experiments",
  description: "Experiments, newest first, each with its verdict in a sentence and the health of its data.",
  input: Type.Object({
    status: Type.Optional(Type.Enum(["active", "paused", "archived", "all"], { default: "active" })),
    text: Type.Optional(Type.String({ description: "Part of a name or description" })),
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
  }),
  role: "viewer",
  changes: false,
  run: async ({ service }, { status = "active", text = "", page = 1 }) => {
    const wanted = text.toLowerCase();
    const all = (await service.store.definitions.list())
      .filter((experiment) => status === "all" || stateOf(experiment) === status)
      .filter(({ name, description }) => `${name}\n${description ?? ""}`.toLowerCase().includes(wanted))
      .sort((a, b) => b.createdAtMs - a.createdAtMs);
    const shown = all.slice((page - 1) * LISTED_MAX, page * LISTED_MAX);
    const experiments = (await service.analyst.list.summaries(shown)).map(rowOf);
    return { experiments, selected: all.length, pages: Math.max(1, Math.ceil(all.length / LISTED_MAX)) };
  },
});

function rowOf(listed: Listed): object {
  const experiment = listed.kind === "read" ? listed.summary.experiment : listed.experiment;
  const { name, description, winner } = experiment;
  const row = { name, description, state: stateOf(experiment), winner };
  if (listed.kind === "failed") return { ...row, error: reasonOf(listed.error) };
  const { participants, verdict, health } = listed.summary;
  return { ...row, participants, sentence: saidOf(experiment, verdict).sentence, health };
}

export const verdictTool = tool({
  name: "get_verdict",
  description:
    "What an experiment shows and what to do: the verdict, what led to it, and what would change it. It holds however often it is asked. Report no other claim than these, in these words: what `looks better` or `looks worse` is an idea for the next test and no result, and a KPI whose `says` is null may not be read yet. Once a winner is set, the verdict is that of the day it was set on.",
  input: Type.Object({ experiment: NAME }),
  role: "viewer",
  changes: false,
  run: async ({ service }, args) => {
    const { report, experiment } = await service.analyst.read(await findExperiment(service, args.experiment));
    const { verdict, plan, arms } = report;
    const { kind, sentence } = saidOf(experiment, verdict);
    const decided = decisionOf(experiment);
    const alternative = "arm" in verdict ? (arms[verdict.arm]?.name ?? null) : null;
    return {
      experiment: experiment.name,
      verdict: { kind, sentence, alternative: decided?.winner ?? alternative },
      inputs: decided === undefined ? snakeCased(heldInputs(verdict)) : {},
      what_would_change_it: decided === undefined ? CHANGES[verdict.kind](report) : DECIDED,
      kpis: claimsOf(report),
      participants: plan.participants,
      participants_planned: plan.participantsPlanned,
      days_left: snakeCased(plan.daysLeft),
      winner: experiment.winner,
      decided: decided === undefined ? null : { day: dayText(decided.day), participants: decided.participants },
    };
  },
});

/**
 * Figures that are valid for one look only are left out: a program that asks every minute would sooner or later find
 * one below any level.
 */
const ONE_LOOK: ReadonlySet<string> = new Set(["chiSquareP"]);

function heldInputs({ inputs }: Verdict): Verdict["inputs"] {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !ONE_LOOK.has(name)));
}

const DECIDED = "No data: everybody gets the winner, so what came since compares nothing. Undoing the winner would.";

/** A new verdict doesn't compile without a line here. */
const CHANGES: Readonly<Record<Verdict["kind"], (report: Report) => string>> = {
  "no-inference": () => "Data that can be compared: visitors in two alternatives, and a KPI that decides.",
  "sample-ratio-mismatch": () =>
    "Nothing that is counted later: find what splits the traffic wrongly, mend it, and restart.",
  contradiction: () => "Finding out what changed between the earlier look and now, or a new test.",
  "roll-back": () => "Figures of all data that point the other way. Weaker ones take nothing back: act on it.",
  "too-early": () => "What the sentence says is needed.",
  ship: () =>
    "A guardrail that turns out harmed, a wrong split, or figures of all data that point the other way. Weaker ones do not.",
  hold: ({ verdict }) =>
    verdict.kind === "hold" ? `Data that show these guardrails safe: ${verdict.guardrails.join(", ")}.` : "",
  "keep-control": () => "A plan for a smaller uplift, and the visitors it takes.",
  "no-clear-winner": () => "A larger plan. Choosing either costs next to nothing.",
  inconclusive: () => "A larger plan, or a bolder alternative.",
  "keep-running": ({ plan }) =>
    plan.participantsPlanned === null
      ? "An interval that leaves out no difference, at any look. A plan would say how long that takes."
      : `An interval that leaves out no difference, at any look, or the planned look at ${plan.participantsPlanned} visitors.`,
};

export const healthTool = tool({
  name: "get_health",
  description:
    "Whether the data of an experiment can be trusted: traffic split, traffic, rates, excluded clients, changes.",
  input: Type.Object({ experiment: NAME }),
  role: "viewer",
  changes: false,
  run: async ({ service }, args) => {
    const analysis = await service.analyst.read(await findExperiment(service, args.experiment));
    const { experiment, health, report, shown } = analysis;
    const { sampleRatio } = report;
    return {
      experiment: experiment.name,
      health: health.word,
      checks: checksOf(analysis, report.kpis[shown], undefined),
      traffic_split:
        sampleRatio.kind === "tested"
          ? {
              observed: sampleRatio.observed,
              expected: sampleRatio.expected,
              p_always_valid: sampleRatio.pAlwaysValid,
              alarm: sampleRatio.latched,
            }
          : null,
    };
  },
});

export const segmentsTool = tool({
  name: "get_segments",
  description:
    "Whether an alternative does otherwise for a segment of the visitors than for the rest, and whose clients a wrong split is missing. Report nothing beyond `claims`, and no more firmly than they say it: that a segment differs is an idea for the next test. A segment never makes a winner.",
  input: Type.Object({
    experiment: NAME,
    segment: Type.Optional(Type.String({ description: "One dimension, such as device; left out, all" })),
  }),
  role: "viewer",
  changes: false,
  run: async ({ service }, { experiment: name, segment }) => {
    const { experiment, segments } = await service.analyst.read(await findExperiment(service, name));
    if (segment !== undefined) dimensionNamed(experiment.dimensions, segment);
    const shown = segments?.dimensions.filter((dimension) => segment === undefined || dimension.name === segment) ?? [];
    return {
      experiment: experiment.name,
      declared: (experiment.dimensions ?? []).map((dimension) => dimension.name),
      kpi: segments?.kpi ?? null,
      label: segments?.label ?? null,
      claims: segments?.sentences ?? [],
      cause_of_wrong_split: segments?.cause ?? null,
      segments: shown.map((dimension) => ({
        name: dimension.name,
        values: dimension.values.map(({ name: value, arms, comparisons, mismatch }) => ({
          value,
          split_is_wrong: mismatch,
          alternatives: arms.map(({ participants, conversions }, index) => ({
            name: experiment.alternatives[index]?.name,
            participants,
            conversions,
            says: comparisons.find(({ alternative }) => alternative === index)?.says ?? null,
          })),
        })),
      })),
    };
  },
});

export const planTool = tool({
  name: "plan_size",
  description:
    "How many participants it takes to find an uplift, before an experiment begins. For a rate give baseline_rate; for a mean baseline_mean and baseline_deviation.",
  input: Type.Object({
    baseline_rate: Type.Optional(Type.String({ description: "Rate of the control, such as 5%" })),
    baseline_mean: Type.Optional(Type.String()),
    baseline_deviation: Type.Optional(Type.String()),
    minimum_uplift: Type.String({ description: "Smallest relative uplift worth finding, such as 10%" }),
    power: Type.Optional(Type.String({ description: "Chance to find it", default: "80%" })),
    better: Type.Optional(Type.Enum(["higher", "lower"], { default: "higher" })),
    weights: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
        minItems: 2,
        maxItems: 100,
        description: "Shares of the alternatives, the control first",
        default: [1, 1],
      }),
    ),
  }),
  role: "viewer",
  changes: false,
  run: async (_context, { better, weights = [1, 1], ...terms }) => {
    const isMean = terms.baseline_mean !== undefined || terms.baseline_deviation !== undefined;
    const decides_on = isMean ? "mean" : "rate";
    const { size } = parsePlan({ ...terms, primary: { better, decides_on } }, weights);
    const participants = size?.participants ?? null;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return {
      participants,
      per_alternative: weights.map((weight) => Math.ceil(((participants ?? 0) * weight) / total)),
      power: size?.power ?? null,
    };
  },
});

export const clientTool = tool({
  name: "explain_client",
  description:
    "Why a client sees what it sees: every experiment that has a record of it, step by step, with what is kept of it. Who looked is in the activity log.",
  input: Type.Object({
    client_id: Type.String({ minLength: 1 }),
    experiment: Type.Optional(Type.String({ description: "Also explained where it has no record of the client" })),
    force: Type.Optional(Type.String()),
    user_agent: Type.Optional(Type.String()),
    ip_address: Type.Optional(Type.String()),
  }),
  role: "editor",
  changes: false,
  run: async ({ service, caller }, { client_id, experiment, force, user_agent, ip_address }) => {
    const supposed = { experiment, force, userAgent: user_agent, address: ip_address };
    const views = await viewClient(service, parseClientId(client_id), supposed, caller.actor);
    return { client_id, experiments: views.map(clientJson) };
  },
});
