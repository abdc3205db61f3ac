/**
 * How new clients are shared out: traffic fraction, weights, policy, and the set of alternatives. Each act opens an
 * epoch; nobody who has an alternative moves.
 */
import {
  activeIndexes,
  withAlternative,
  withRetired,
  withThompson,
  withTrafficFraction,
  withTrafficHeld,
  withWeights,
} from "../../domain/epochs.ts";
import { SixpackError } from "../../domain/errors.ts";
import { alternativeName, currentEpoch, type Epoch, type Experiment } from "../../domain/experiment.ts";
import { parseAlternativeName } from "../../domain/names.ts";
import { parseWeights } from "../../domain/policy/weighted.ts";
import { percentOf } from "../../domain/traffic.ts";
import { type Act, type AdministerContext, type Change, change } from "./act.ts";

/**
 * Also keeps calls from changing it: many clients of the original send a `traffic_fraction` with every call, unasked.
 * @param fraction in (0, 1]
 * @throws SixpackError experiment-not-found, experiment-busy
 */
export function setTrafficFraction(context: AdministerContext, act: Act, fraction: number): Promise<Experiment> {
  return change(context, act, (stored) => {
    const before = currentEpoch(stored).trafficFraction;
    const hold = holding(stored, true);
    if (before === fraction) return hold;
    const next = withTrafficFraction(hold?.next ?? stored, fraction, context.clock.nowMs());
    return { next, action: "set-traffic", before: String(before), after: String(fraction), with: hold };
  });
}

/** Lets calls change the traffic again. @throws SixpackError experiment-not-found, experiment-busy */
export function releaseTraffic(context: AdministerContext, act: Act): Promise<Experiment> {
  return change(context, act, (stored) => holding(stored, false));
}

/** Who decides the traffic from now on; `undefined` where that is so already. */
export function holding(stored: Experiment, held: boolean): Change | undefined {
  const before = stored.trafficHeld === true;
  if (before === held) return undefined;
  const action = held ? "hold-traffic" : "release-traffic";
  return { next: withTrafficHeld(stored, held), action, before: heldText(before), after: heldText(held) };
}

/** As the log says it. */
export function heldText(held: boolean): string {
  return held ? "set by people" : "set by calls";
}

/**
 * @param raw one number per active alternative, in stored order; equal ones go back to the uniform rule
 * @throws SixpackError experiment-not-found, invalid-weights, experiment-busy
 */
export function setWeights(context: AdministerContext, act: Act, raw: readonly string[]): Promise<Experiment> {
  return change(context, act, (stored) => {
    const active = activeIndexes(stored);
    const shares = parseWeights(raw, active.length);
    const weights = shares && stored.alternatives.map((_, index) => shares[active.indexOf(index)] ?? 0);
    const epoch = currentEpoch(stored);
    if (epoch.policy !== "thompson" && JSON.stringify(epoch.weights) === JSON.stringify(weights)) return undefined;
    const next = withWeights(stored, weights, context.clock.nowMs());
    return { next, action: "set-weights", before: shareText(stored), after: shareText(next) };
  });
}

/**
 * @param policy `weighted` is set by `setWeights`
 * @throws SixpackError experiment-not-found, experiment-busy
 */
export function setPolicy(
  context: AdministerContext,
  act: Act,
  policy: "uniform" | "thompson",
  goal: NonNullable<Epoch["goal"]> = "earn",
): Promise<Experiment> {
  return change(context, act, (stored) => {
    const epoch = currentEpoch(stored);
    if (epoch.policy === policy && (policy === "uniform" || epoch.goal === goal)) return undefined;
    const nowMs = context.clock.nowMs();
    const next = policy === "thompson" ? withThompson(stored, goal, nowMs) : withWeights(stored, null, nowMs);
    return { next, action: "set-policy", before: shareText(stored), after: shareText(next) };
  });
}

/** @throws SixpackError experiment-not-found, invalid-alternative-name, duplicate-alternatives, too-many-alternatives, experiment-busy */
export function addAlternative(context: AdministerContext, act: Act, raw: string): Promise<Experiment> {
  const name = parseAlternativeName(raw);
  return change(context, act, (stored) => {
    const next = withAlternative(stored, name, context.clock.nowMs());
    return { next, action: "add-alternative", before: null, after: name };
  });
}

/** @throws SixpackError experiment-not-found, unknown-alternative, alternative-retired, control-retired, too-few-alternatives, winner-retired, experiment-busy */
export function retireAlternative(context: AdministerContext, act: Act, name: string): Promise<Experiment> {
  return change(context, act, (stored) => {
    if (stored.winner === name) {
      throw new SixpackError("winner-retired", `Expected another alternative than the winner, got ${name}`);
    }
    const next = withRetired(stored, name, context.clock.nowMs());
    return { next, action: "retire-alternative", before: name, after: null };
  });
}

/** How new clients are shared out, in words for the log. */
function shareText(experiment: Experiment): string {
  const { policy, weights, goal } = currentEpoch(experiment);
  if (policy === "thompson") return `thompson, to ${goal ?? "earn"}`;
  if (weights === null) return "equal shares";
  return activeIndexes(experiment)
    .map((index) => `${alternativeName(experiment, index)} ${percentOf(weights[index] ?? 0)} %`)
    .join(", ");
}
