/**
 * Arms with counts in, a report out. Pure: the same input gives the same digits, and nothing here knows experiments,
 * stores, clocks or chance.
 *
 * @example
 * const report = summarize({
 *   arms: [{ name: "control" }, { name: "blue" }],
 *   kpis: [{ name: "signup", role: "primary" }],
 *   epochs: [{ weights: [1, 1], participants: [5000, 5100], kpis: [[{ conversions: 250 }, { conversions: 310 }]] }],
 * });
 * report.verdict.sentence; // "Too early: 7 more whole days needed."
 */
import { type MeansOmnibus, welchAnova } from "./anova.ts";
import { averageSection } from "./averages.ts";
import { armOf, decidingSection, hasRatios, hasValues, pooledSample, sampleIn, totalOf } from "./cells.ts";
import type { Terms } from "./compare.ts";
import { adjustForMany, asDecided, asHints, withoutClaims } from "./conclude.ts";
import { normalCritical } from "./distributions.ts";
import { enoughForLook } from "./enough.ts";
import { KAPPA_DEFAULT } from "./exact.ts";
import { type Omnibus, omnibus } from "./g-test.ts";
import {
  type Baseline,
  GUARDRAIL_MARGIN_DEFAULT,
  type KpiSpec,
  type ReportInput,
  SETTINGS_DEFAULT,
  type Settings,
} from "./input.ts";
import { ON_TIME } from "./lateness.ts";
import { comparisonsOf, familyOf, familySize, levelsOf } from "./levels.ts";
import { ARMS_NEEDED, clause, type NoInference, noInference, ONE_ARM, withoutSpread } from "./no-inference.ts";
import { changed, sharesChanged, stretchesOf } from "./pooling.ts";
import { type ProgressInput, progressOf, totalParticipants } from "./progress.ts";
import { withReached } from "./reached.ts";
import type { KpiOutcome, KpiReport, Levels, Report, Section } from "./report.ts";
import { meanSection, rateSection, type SectionContext } from "./sections.ts";
import { armsOf, sampleRatioOf } from "./shares.ts";
import { finished, type Steps } from "./steps.ts";
import { problemOfInput, problemOfKpi } from "./validate.ts";
import { verdictOf } from "./verdict.ts";
import { pooledFigure } from "./withheld.ts";

/** The whole report at once; see `summarizeSteps` to compute it in pieces. @throws never on bad counts */
export function summarize(input: ReportInput): Report {
  return finished(summarizeSteps(input));
}

/**
 * The same, pausing between pieces of a few milliseconds at most, so that a caller can let others run:
 * `for (const steps = summarizeSteps(input), step = steps.next(); !step.done; ) await immediate()`.
 */
export function* summarizeSteps(input: ReportInput): Steps<Report> {
  const settings: Settings = { ...SETTINGS_DEFAULT, ...input.settings };
  const levels = levelsOf(input, settings);
  const problem = problemOfInput(input, settings);
  if (problem !== null) return unusable(input, settings, levels, problem);
  const baseline = input.baseline ?? 0;
  const stratified = changed(input.epochs);
  const context: SectionContext = {
    names: input.arms.map(({ name }) => name),
    baseline,
    settings,
    epochs: stretchesOf(input.epochs),
    finalEpochs: input.finalLook === undefined ? null : stretchesOf(input.finalLook),
    kappa: kappaOf(input, settings),
    sharing: { sharesChanged: sharesChanged(input.epochs), adaptive: settings.adaptive },
    claimsAlone: input.claimsAlone ?? false,
  };
  const drafts: KpiOutcome[] = [];
  for (const index of input.kpis.keys()) drafts.push(yield* kpiSteps(input, context, levels, index));
  const adjusted = () =>
    adjustForMany(drafts, levels, {
      goals: comparisonsOf("goal", input),
      guardrails: comparisonsOf("guardrail", input),
      rollBack: settings.rollBack,
    });
  const final = () => adjusted().map((kpi) => (kpi.kind === "analysed" && kpi.capAwaited ? asHints(kpi) : kpi));
  const concluded = () => (input.decided === undefined ? final() : asDecided(final(), input.decided));
  const isDescribed = input.describes === true;
  const kpis = isDescribed ? withoutClaims(drafts) : withReached(concluded(), input.reached ?? [], levels);
  yield;
  const sampleRatio = sampleRatioOf(input, settings);
  yield;
  const evidence = {
    baseline,
    settings,
    levels,
    stratified,
    sharesChanged: context.sharing.sharesChanged,
    arms: armsOf(input),
    sampleRatio,
    kpis,
    plan: progressOf({
      plan: input.plan,
      settings,
      levels,
      epochs: input.epochs,
      baseline,
      finalLookGiven: input.finalLook !== undefined,
      isLookReady: isLookReady(input),
      ...goalSeen(input.kpis, kpis, baseline, settings),
    }),
  };
  return { ...evidence, verdict: verdictOf(evidence) };
}

function* kpiSteps(input: ReportInput, context: SectionContext, levels: Levels, index: number): Steps<KpiOutcome> {
  const spec = input.kpis[index];
  if (spec === undefined) return { ...noInference("malformed-input", "Expected a KPI"), name: "", role: "secondary" };
  const { name, role } = spec;
  const problem = problemOfKpi(input.epochs, index) ?? problemOfKpi(input.finalLook ?? [], index);
  if (problem !== null) return { ...problem, name, role };
  const decidesOn = decidingSection(spec);
  const valued = decidesOn === "means" || hasValues(input.epochs, index);
  const family = familyOf(spec, input.kpis);
  const lateness = input.lateness?.[index] ?? ON_TIME;
  const terms = (section: Section): Terms => ({
    family: section === decidesOn ? family : "exploratory",
    better: spec.better ?? "higher",
    margin: role === "guardrail" && section === decidesOn ? (spec.margin ?? GUARDRAIL_MARGIN_DEFAULT) : null,
    levels,
    familySize: familySize(input, family, context.settings),
    tuningSize: context.settings.tuningSize,
    widening: lateness[section === "rates" ? "rates" : "means"],
    sharing: context.sharing,
  });
  return {
    kind: "analysed",
    name,
    label: spec.label ?? null,
    role,
    better: spec.better ?? "higher",
    decidesOn,
    capAwaited: spec.capAwaited ?? false,
    unit: spec.unit ?? null,
    family,
    lateness: lateness[decidesOn],
    omnibus: pooledFigure(context.sharing, () => omnibusOf(context, index)),
    omnibusMeans: pooledFigure(context.sharing, () => (valued ? omnibusOfMeans(context, index) : null)),
    rates: yield* rateSection(context, index, terms("rates")),
    means: valued ? yield* meanSection(context, index, terms("means")) : null,
    averages: hasRatios(input.epochs, index) ? yield* averageSection(context, index, terms("averages")) : null,
  };
}

/** A planned look waits for late conversions, but no longer than until there are so many times the planned participants. */
const LOOK_WAITS_FACTOR = 2;

/** Whether there is enough of the KPIs that the planned look decides on, by what all arms have together. */
export function isLookReady({ arms, kpis, epochs, plan, baseline = 0 }: ReportInput): boolean {
  if (plan !== undefined && totalParticipants(epochs) >= LOOK_WAITS_FACTOR * plan.participants) return true;
  const inOrder = [baseline, ...[...arms.keys()].filter((arm) => arm !== baseline)];
  return kpis.every((spec, index) => {
    if (familyOf(spec, kpis) !== "goal") return true;
    const looked = stretchesOf(epochs).map((epoch) =>
      inOrder.map((arm) => ({ rate: armOf(epoch, index, arm), sample: sampleIn(epoch, index, arm) })),
    );
    return enoughForLook(looked, spec.decidesOn ?? "rate");
  });
}

const KAPPA_MIN = 50;

/** An eighth of the planned conversions of the pair, else the default. */
function kappaOf({ plan }: ReportInput, { tuningSize }: Settings): number {
  if (plan === undefined || !("rate" in plan.baseline)) return KAPPA_DEFAULT;
  return Math.max(KAPPA_MIN, (tuningSize * plan.baseline.rate) / 8);
}

function omnibusOf({ names, epochs }: SectionContext, kpi: number): Omnibus {
  const arms = names.map((_, arm) => totalOf(epochs, kpi, arm)).filter(({ n }) => n > 0);
  if (names.length < 2) return noInference("one-arm", ONE_ARM);
  if (arms.length < 2) return noInference("empty-arm", ARMS_NEEDED);
  const { g, gP, chi2, chi2P, df } = omnibus(arms);
  return { kind: "tested", g, gP, chiSquare: chi2, chiSquareP: chi2P, df };
}

function omnibusOfMeans({ names, epochs }: SectionContext, kpi: number): MeansOmnibus {
  const arms = names.map((_, arm) => pooledSample(epochs, kpi, arm)).filter(({ n }) => n > 0);
  if (names.length < 2) return noInference("one-arm", ONE_ARM);
  if (arms.length < 2) return noInference("empty-arm", ARMS_NEEDED);
  if (arms.some(({ n, variance }) => n < 2 || !(variance > 0))) {
    return withoutSpread(arms);
  }
  return { kind: "tested", ...welchAnova(arms) };
}

/** The KPI that decides, and its baseline as far as it is known. */
function goalSeen(
  specs: readonly KpiSpec[],
  kpis: readonly KpiOutcome[],
  baseline: number,
  settings: Settings,
): Pick<ProgressInput, "decidesOn" | "better" | "seen" | "widening"> {
  const goals = specs.flatMap((spec, index) => (familyOf(spec, specs) === "goal" ? [{ spec, kpi: kpis[index] }] : []));
  const goal = goals.find(({ spec }) => spec.role === "primary") ?? goals[0];
  const { decidesOn = "rate", better = "higher" } = goal?.spec ?? {};
  if (goal?.kpi?.kind !== "analysed") return { decidesOn, better, seen: null, widening: 1 };
  return { decidesOn, better, seen: seenOf(goal.kpi, baseline, settings), widening: goal.kpi.lateness };
}

/** `null` where an uplift over it says nothing: without spread, or of a mean that may be zero. */
function seenOf(kpi: KpiReport, arm: number, { alpha }: Settings): Baseline | null {
  if (kpi.decidesOn === "rates") {
    const rate = kpi.rates[arm]?.rate ?? 0;
    return rate > 0 && rate < 1 ? { rate } : null;
  }
  const { mean = null, standardDeviation: deviation = null, participants = 0 } = kpi.means?.[arm] ?? {};
  if (mean === null || deviation === null || deviation === 0) return null;
  return Math.abs(mean) * Math.sqrt(participants) > normalCritical(alpha) * deviation ? { mean, deviation } : null;
}

/** A report that says only what is wrong with the input. */
function unusable(input: ReportInput, settings: Settings, levels: Levels, problem: NoInference): Report {
  const evidence = {
    baseline: input.baseline ?? 0,
    settings,
    levels,
    stratified: false,
    sharesChanged: false,
    arms: input.arms.map(({ name, retired = false }) => ({
      name,
      retired,
      participants: 0,
      share: null,
      expectedShare: null,
    })),
    sampleRatio: problem,
    kpis: input.kpis.map(({ name, role }) => ({ ...problem, name, role })),
    plan: progressOf({
      plan: undefined,
      settings,
      levels,
      epochs: [],
      baseline: 0,
      finalLookGiven: false,
      isLookReady: false,
      decidesOn: "rate",
      better: "higher",
      seen: null,
      widening: 1,
    }),
  };
  return {
    ...evidence,
    verdict: {
      kind: "no-inference",
      reason: problem.reason,
      sentence: `No conclusion is possible: ${clause(problem.detail)}.`,
      inputs: {},
    },
  };
}
