/** Experiments that a person makes on a page: drafts, free to be changed until the first visitor. */
import { isDeepStrictEqual } from "node:util";
import { type ExperimentDraft, freshDraft } from "../../domain/draft.ts";
import { SixpackError } from "../../domain/errors.ts";
import { currentEpoch, type Experiment, stateOf } from "../../domain/experiment.ts";
import { DEFAULT_KPI, type KpiDefinition, withSettings } from "../../domain/kpi-definition.ts";
import { slicePercents } from "../../domain/layer.ts";
import type { KpiName } from "../../domain/names.ts";
import type { Plan, PlannedKpi } from "../../domain/plan.ts";
import { ruleOf } from "../../domain/policy/policies.ts";
import { withCommon } from "../../domain/segments.ts";
import type { Tally } from "../../domain/tally.ts";
import { percentOf } from "../../domain/traffic.ts";
import { UNSETTLED, untilSettled } from "../change.ts";
import type { ServiceContext } from "../context.ts";
import { findExperiment } from "../find-experiment.ts";
import { logDone } from "../logged-change.ts";
import type { AdministerContext, Target } from "./act.ts";
import { laterText } from "./change-words.ts";
import { holding } from "./layers.ts";
import { makeOf, slicesOf } from "./make-of.ts";
import { type CheckedExperiment, checkNewExperiment, type NewExperiment } from "./new-experiment.ts";

/** What became of the form. */
export type Made =
  | Extract<CheckedExperiment, { kind: "refused" }>
  | { readonly kind: "made"; readonly experiment: Experiment };

const NAME_TAKEN = { name: "There is an experiment of this name already. Choose another name." };

/** Nobody was ever counted, taken in or left out: its alternatives are nobody's. */
export function isDraft(experiment: Experiment, hasVisitors: boolean): boolean {
  return !hasVisitors && stateOf(experiment) !== "archived" && experiment.winner === null;
}

/** Makes it, all of it in one step. */
export async function makeDraft(
  context: AdministerContext & Pick<ServiceContext, "settings">,
  target: Target,
  texts: NewExperiment,
): Promise<Made> {
  const { store, clock, settings } = context;
  const checked = checkNewExperiment(texts, clock.nowMs());
  const { name } = checked.kind === "good" ? checked.draft : { name: texts.name.trim() };
  if ((await store.definitions.read(name)) !== undefined) {
    return { kind: "refused", problems: { ...(checked.kind === "refused" ? checked.problems : {}), ...NAME_TAKEN } };
  }
  if (checked.kind === "refused") return checked;
  const dimensions = withCommon(checked.draft.dimensions, settings.dimensions);
  const { draft } = checked;
  return orSliceTaken(async () => {
    const { experiment, isMade } = await makeOf(context, target, { ...draft, dimensions });
    return isMade ? { kind: "made", experiment } : { kind: "refused", problems: NAME_TAKEN };
  });
}

/** Does what gives a draft its slice; that another experiment has it is told at its field. */
async function orSliceTaken<Result>(work: () => Promise<Result>): Promise<Result | Extract<Made, { kind: "refused" }>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SixpackError && error.code === "slice-taken") {
      return { kind: "refused", problems: { layer: error } };
    }
    throw error;
  }
}

/**
 * Puts another draft in its place, as a new life: should a first visitor come in the same moment, it is counted in the old
 * one, which can be brought back.
 * @param seen what `seenOf` said of the draft that the form showed. All of it is replaced, so what somebody else changed
 * meanwhile would be lost, and the log of a redraft could not tell it. `undefined` replaces whatever is there.
 * @throws SixpackError experiment-not-found, experiment-busy, experiment-begun, edit-conflict
 */
export async function changeDraft(
  context: AdministerContext,
  target: Target,
  texts: NewExperiment,
  seen?: string,
): Promise<Made> {
  const { store, clock } = context;
  return untilSettled(target.name, async () => {
    const stored = await findExperiment(context, target.name);
    if (seen !== undefined && seen !== seenOf(stored)) throw await changedMeanwhile(context, stored.name);
    const checked = checkNewExperiment({ ...texts, name: stored.name }, clock.nowMs());
    if (checked.kind === "refused") return checked;
    checkUntouched(stored, await store.tallies.read(stored));
    const draft = redrafted(stored, checked.draft);
    const replace = async (): Promise<Made | typeof UNSETTLED> => {
      const outcome = await store.lives.remove(stored, draft.createdAtMs, draft);
      if (outcome.kind !== "removed" || outcome.successor === undefined) return UNSETTLED;
      const before = stored.alternatives.map(({ name }) => name).join(", ");
      const after = draft.alternatives.join(", ");
      const change = before === after ? { before: null, after: null } : { before, after };
      await logDone(context, target, stored.name, { action: "redraft", ...change });
      return { kind: "made", experiment: outcome.successor };
    };
    return orSliceTaken(() => holding(context, draft.name, slicesOf(draft), replace));
  });
}

/** Names what a form of this draft shows: its life, which every redraft begins anew, and its version, which acts move on. */
export function seenOf({ life, version }: Pick<Experiment, "life" | "version">): string {
  return `${life}.${version}`;
}

async function changedMeanwhile({ store }: AdministerContext, name: string): Promise<SixpackError> {
  const [last] = await store.activity.read({ experiment: name, limit: 1 });
  const got = last === undefined ? "another change of it" : laterText(last);
  return new SixpackError("edit-conflict", `Expected ${name} as it was read, got ${got}`);
}

/** What the form does not ask for stays. */
function redrafted(stored: Experiment, draft: ExperimentDraft): ExperimentDraft {
  const kept = freshDraft(stored, draft.createdAtMs);
  const notes = stored.about?.notes;
  const about = notes === undefined ? draft.about : { ...draft.about, notes };
  const isByPeople = kept.policy === undefined || ruleOf(kept.policy).weightsByPeople;
  const policy = isByPeople || (draft.weights ?? null) !== null ? undefined : kept.policy;
  const plan = isSamePlan(stored, draft) ? stored.planning.plan : replanned(stored, draft);
  return {
    ...kept,
    ...draft,
    about,
    policy,
    plan,
    kpis: (draft.kpis ?? [DEFAULT_KPI]).map((kpi) => redescribed(kpi, kept.kpis)),
  };
}

/** The form asks for some of a plan: while it would send the same, all of the plan stays. */
function isSamePlan(stored: Experiment, draft: ExperimentDraft): boolean {
  const unchanged = checkNewExperiment(textsOf(stored), draft.createdAtMs);
  const asked = ({ alternatives, weights, kpis, plan }: ExperimentDraft) => [alternatives.length, weights, kpis, plan];
  return unchanged.kind === "good" && isDeepStrictEqual(asked(unchanged.draft), asked(draft));
}

/** The plan of the form, and the KPIs beside the one that decides, as far as the form still has those it showed. */
function replanned({ kpis, planning }: Experiment, { plan = null, kpis: now = [] }: ExperimentDraft): Plan | null {
  if (plan === null || planning.plan === null) return plan;
  const has = (all: readonly KpiDefinition[], name: KpiName | null) => all.some((kpi) => kpi.name === name);
  const stays = ({ kpi }: PlannedKpi) => kpi !== plan.primary.kpi && (has(now, kpi) || !has(kpis, kpi));
  const { secondary, guardrails, rollBack } = planning.plan;
  return {
    ...plan,
    ...{ secondary: secondary.filter(stays), guardrails: guardrails.filter(stays) },
    ...(rollBack === undefined ? {} : { rollBack }),
  };
}

/** The default KPI is not in the form at all; of others it asks what they count, and which way is better. */
function redescribed(kpi: KpiDefinition, kept: readonly KpiDefinition[] = []): KpiDefinition {
  const before = kept.find(({ name }) => name === kpi.name);
  if (before === undefined || kpi.name === null) return before ?? kpi;
  return withSettings(before, { counts: kpi.counts ?? "", better: kpi.better ?? "" });
}

/** @throws SixpackError experiment-begun */
function checkUntouched(experiment: Experiment, tallies: readonly Tally[]): void {
  if (isDraft(experiment, tallies.length > 0)) return;
  throw new SixpackError(
    "experiment-begun",
    `Expected a draft that nobody has taken part in, got ${experiment.name}, which has begun. Its page changes what can still be changed, and a reset begins anew.`,
  );
}

/** The draft as its form shows it. */
export function textsOf(experiment: Experiment): NewExperiment {
  const { about, alternatives, kpis, planning } = experiment;
  const { weights, trafficFraction, slice } = currentEpoch(experiment);
  const { plan } = planning;
  const size = plan?.size ?? null;
  const first = plan?.primary.kpi ?? null;
  const named = kpis.filter(({ name, dropped }) => name !== null && dropped !== true);
  return {
    name: experiment.name,
    hypothesis: about?.hypothesis ?? "",
    owner: about?.owner ?? "",
    tags: about?.tags?.join(", ") ?? "",
    ticket: about?.ticket ?? "",
    alternatives: alternatives.map(({ name }, index) => ({
      name,
      weight: weights === null ? "" : String(percentOf(weights[index] ?? 0)),
    })),
    traffic: String(percentOf(trafficFraction)),
    layer: slice?.layer ?? "",
    slice: slicePercents(slice),
    kpis: [...named]
      .sort((a, b) => Number(b.name === first) - Number(a.name === first))
      .map(({ name, counts, better }) => ({ name: name ?? "", counts: counts ?? "rate", better: better ?? "higher" })),
    baseline: size !== null && "baselineRate" in size ? String(percentOf(size.baselineRate)) : "",
    uplift: size !== null && "baselineRate" in size ? String(percentOf(size.minimumUplift)) : "",
  };
}
