/**
 * Epochs: stretches of time in which alternatives, weights, policy, slice and traffic fraction did not change. Every change of
 * them closes the epoch and opens the next; nobody already assigned moves, and the analysis is stratified by epoch.
 */
import { SixpackError } from "./errors.ts";
import {
  type Alternative,
  activeIndex,
  alternativeIndex,
  currentEpoch,
  type Epoch,
  type Experiment,
  type LayerSlice,
} from "./experiment.ts";
import { sliceText } from "./layer.ts";
import { ALTERNATIVES_MAX, type AlternativeName, quote } from "./names.ts";
import { evenly, isLearning, type Policy, ruleOf } from "./policy/policies.ts";
import { UNIFORM } from "./policy/uniform.ts";
import { WEIGHTED } from "./policy/weighted.ts";
import { percentOf } from "./traffic.ts";

/** Most epochs of one life: a record keeps the number in two bytes. */
export const EPOCHS_MAX = 65_000;

/**
 * Epochs after which a request's `traffic_fraction` opens no further one. Two versions of a page that name different
 * fractions would otherwise open one with every call, and the definition would grow for ever.
 */
export const EPOCHS_BY_REQUESTS_MAX = 100;

/** The reason of an epoch that is only the next batch of a bandit. */
export function batchReason({ kind }: Pick<Policy, "kind">): string {
  return `${kind} batch`;
}

/** Whether an epoch is only the next batch of a bandit, and nothing that anybody changed. */
export function isBatch({ reason, policy }: Epoch): boolean {
  return reason === batchReason(policy);
}

/**
 * Whether a request's `traffic_fraction` may open an epoch: not while a person decides the traffic, and only so many
 * times. The batches of a bandit don't count towards that limit.
 */
export function mayChangeByRequest({ epochs, trafficHeld }: Experiment): boolean {
  if (trafficHeld === true) return false;
  if (epochs.length < EPOCHS_BY_REQUESTS_MAX) return true;
  let changes = 0;
  for (const epoch of epochs) if (!isBatch(epoch)) changes += 1;
  return changes < EPOCHS_BY_REQUESTS_MAX;
}

/** Whether weights ever followed the results. Figures that assume fixed weights must not be shown then. */
export function isAdaptive({ epochs }: Experiment): boolean {
  return epochs.some(({ policy }) => isLearning(policy));
}

/** Whether an alternative took new clients in an epoch. */
export function wasActive(alternative: Pick<Alternative, "addedInEpoch" | "retiredInEpoch">, epoch: number): boolean {
  return (
    alternative.addedInEpoch <= epoch && (alternative.retiredInEpoch === null || alternative.retiredInEpoch > epoch)
  );
}

/** Positions of the alternatives that take new clients now. */
export function activeIndexes(experiment: Experiment): readonly number[] {
  const indexes: number[] = [];
  for (const [index, { retiredInEpoch }] of experiment.alternatives.entries()) {
    if (retiredInEpoch === null) indexes.push(index);
  }
  return indexes;
}

/**
 * Whether a caller that names these alternatives, in any order, knows the experiment: the set in force, or the one
 * before its last change, so that a rolling deploy of callers never fails.
 */
export function acceptsAlternatives(experiment: Experiment, names: readonly string[]): boolean {
  if (namesAll(experiment.alternatives, names)) return true;
  const last = experiment.epochs.length - 1;
  const changed = lastChange(experiment);
  return matchesEpoch(experiment, names, last) || (changed > 0 && matchesEpoch(experiment, names, changed - 1));
}

/** The common case, without allocating: nothing was ever retired, and the caller uses the stored order. */
function namesAll(alternatives: readonly Alternative[], names: readonly string[]): boolean {
  if (names.length !== alternatives.length) return false;
  for (const [index, { name, retiredInEpoch }] of alternatives.entries()) {
    if (retiredInEpoch !== null || names[index] !== name) return false;
  }
  return true;
}

function matchesEpoch({ alternatives }: Experiment, names: readonly string[], epoch: number): boolean {
  const active = alternatives.filter((alternative) => wasActive(alternative, epoch)).map(({ name }) => name);
  const given = new Set(names);
  return given.size === names.length && active.length === names.length && active.every((name) => given.has(name));
}

/** The epoch with which the set of alternatives last changed; 0 if it never did. */
function lastChange({ alternatives }: Experiment): number {
  return Math.max(
    ...alternatives.map(({ addedInEpoch, retiredInEpoch }) => Math.max(addedInEpoch, retiredInEpoch ?? 0)),
  );
}

/** The settings that a new epoch may change. */
export type EpochChanges = Partial<Pick<Epoch, "policy" | "trafficFraction" | "weights">> & {
  /** `null` takes clients from everywhere. */
  readonly slice?: LayerSlice | null;
};

/** Opens an epoch with some of the present one's settings changed. @throws SixpackError too-many-epochs */
export function withEpoch(experiment: Experiment, changes: EpochChanges, reason: string, nowMs: number): Experiment {
  if (experiment.epochs.length >= EPOCHS_MAX) {
    throw new SixpackError("too-many-epochs", `Expected at most ${EPOCHS_MAX} epochs of ${experiment.name}`);
  }
  const { slice: before, ...kept } = currentEpoch(experiment);
  const { slice = before, ...others } = changes;
  const epoch: Epoch = { ...kept, ...others, ...(slice ? { slice } : {}), reason, startedAtMs: nowMs };
  return { ...experiment, epochs: [...experiment.epochs, epoch] };
}

/** Takes in more or fewer clients. Raising only adds clients, lowering only stops new ones. */
export function withTrafficFraction(experiment: Experiment, fraction: number, nowMs: number): Experiment {
  const { trafficFraction } = currentEpoch(experiment);
  if (trafficFraction === fraction) return experiment;
  const reason = `traffic ${percent(trafficFraction)} → ${percent(fraction)}`;
  return withEpoch(experiment, { trafficFraction: fraction }, reason, nowMs);
}

/** Takes new clients from another part of a layer, or from everywhere; nobody who has an alternative moves. */
export function withSlice(experiment: Experiment, slice: LayerSlice | undefined, nowMs: number): Experiment {
  const [before, after] = [currentEpoch(experiment).slice, slice].map((one) => (one ? sliceText(one) : "everybody"));
  return withEpoch(experiment, { slice: slice ?? null }, `slice ${before} → ${after}`, nowMs);
}

/** A person decides the traffic from now on, or gives it back to what calls name. */
export function withTrafficHeld(experiment: Experiment, held: boolean): Experiment {
  const { trafficHeld: _, ...rest } = experiment;
  return held ? { ...rest, trafficHeld: true } : rest;
}

/**
 * Shares new clients out by fixed weights; `null` goes back to equal shares.
 * @param weights per alternative in stored order, summing to 1, 0 for retired ones
 */
export function withWeights(experiment: Experiment, weights: readonly number[] | null, nowMs: number): Experiment {
  const { alternatives } = experiment;
  const text =
    weights === null
      ? "equal shares"
      : alternatives.map(({ name }, at) => `${name} ${percent(weights[at] ?? 0)}`).join(", ");
  const policy = weights === null ? UNIFORM : WEIGHTED;
  return withEpoch(experiment, { policy, weights }, `weights: ${text}`, nowMs);
}

/** Lets a policy share new clients out, evenly at first. */
export function withPolicy(experiment: Experiment, policy: Policy, nowMs: number): Experiment {
  const what = isLearning(policy) ? "policy" : "weights:";
  return withEpoch(experiment, { policy, weights: null }, `${what} ${ruleOf(policy).describe(policy)}`, nowMs);
}

/**
 * An added alternative takes clients from the new epoch on. Fixed weights give way to equal shares: nobody but the
 * person who adds it knows what its weight should be.
 * @throws SixpackError duplicate-alternatives, too-many-alternatives
 */
export function withAlternative(experiment: Experiment, name: AlternativeName, nowMs: number): Experiment {
  if (alternativeIndex(experiment, name) !== -1) {
    throw new SixpackError(
      "duplicate-alternatives",
      `Expected a name that ${experiment.name} never had, got ${quote(name)}`,
    );
  }
  if (experiment.alternatives.length >= ALTERNATIVES_MAX) {
    throw new SixpackError("too-many-alternatives", `Expected at most ${ALTERNATIVES_MAX}, retired ones included`);
  }
  const next = withEpoch(experiment, evenShares(experiment), `added ${name}`, nowMs);
  const alternative: Alternative = { name, addedInEpoch: next.epochs.length - 1, retiredInEpoch: null };
  return { ...next, alternatives: [...experiment.alternatives, alternative] };
}

/**
 * A retired alternative keeps its participants, their answers and its place in the results, and gets no new clients.
 * Fixed weights of the others keep their proportions.
 * @throws SixpackError unknown-alternative, alternative-retired, too-few-alternatives, control-retired
 */
export function withRetired(experiment: Experiment, name: string, nowMs: number): Experiment {
  const index = activeIndex(experiment, name);
  if (activeIndexes(experiment).length <= 2) {
    throw new SixpackError(
      "too-few-alternatives",
      `Expected two alternatives to be left, got one without ${quote(name)}`,
    );
  }
  if (index === 0) {
    throw new SixpackError("control-retired", `Expected another alternative than the control, got ${quote(name)}`);
  }
  const next = withEpoch(experiment, withoutShareOf(experiment, index), `retired ${name}`, nowMs);
  const retiredInEpoch = next.epochs.length - 1;
  const alternatives = experiment.alternatives.map((alternative, at) =>
    at === index ? { ...alternative, retiredInEpoch } : alternative,
  );
  return { ...next, alternatives };
}

/** Alternatives that may be retired: neither the control nor a winner, and never so many that fewer than two are left. */
export function retirableIndexes(experiment: Experiment): readonly number[] {
  const active = activeIndexes(experiment);
  if (active.length <= 2) return [];
  return active.filter((index) => index !== 0 && experiment.alternatives[index]?.name !== experiment.winner);
}

/** Equal shares under the policy in force; a bandit starts learning anew from there. */
export function evenShares(experiment: Experiment): EpochChanges {
  return { policy: evenly(currentEpoch(experiment).policy), weights: null };
}

/** The shares of the others, made to sum to 1 again. */
function withoutShareOf(experiment: Experiment, retiring: number): EpochChanges {
  const { policy, weights } = currentEpoch(experiment);
  const kept = weights?.map((weight, index) => (index === retiring ? 0 : weight)) ?? [];
  const sum = kept.reduce((total, weight) => total + weight, 0);
  return ruleOf(policy).weightsByPeople && sum > 0
    ? { weights: kept.map((weight) => weight / sum) }
    : evenShares(experiment);
}

function percent(fraction: number): string {
  return `${percentOf(fraction)}%`;
}
