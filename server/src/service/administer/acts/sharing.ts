/**
 * How new clients are shared out: traffic fraction, weights, policy, and the set of alternatives. Each act opens an
 * epoch; nobody who has an alternative moves.
 */
import { Type } from "typebox";
import {
  activeIndexes,
  withAlternative,
  withPolicy,
  withRetired,
  withTrafficFraction,
  withTrafficHeld,
  withWeights,
} from "../../../domain/epochs.ts";
import { SixpackError } from "../../../domain/errors.ts";
import { alternativeName, currentEpoch, type Experiment } from "../../../domain/experiment.ts";
import { ALTERNATIVES_MAX, NAME_LENGTH_MAX, parseAlternativeName } from "../../../domain/names.ts";
import { CHOSEN_BY_NAME, evenly, isLearning, type Policy, ruleOf } from "../../../domain/policy/policies.ts";
import { parseWeights } from "../../../domain/policy/weighted.ts";
import { parseTrafficFraction, parseTrafficShare, percentOf } from "../../../domain/traffic.ts";
import { type Act, type AdministerContext, change, type Fields, type Part, setPart, type Target } from "../act.ts";
import { choice, choiceField, formField, formList, requiredField } from "../fields.ts";

const [BY_PEOPLE, BY_CALLS] = ["set by people", "set by calls"];

/** Who decides the traffic. */
const HELD: Part = {
  stateOf: ({ trafficHeld }) => (trafficHeld === true ? BY_PEOPLE : BY_CALLS),
  set: (experiment, state) => withTrafficHeld(experiment, state === BY_PEOPLE),
  wordFor: (state) => (state === BY_PEOPLE ? "hold-traffic" : "release-traffic"),
};

/**
 * Also keeps calls from changing it: many clients of the original send a `traffic_fraction` with every call, unasked.
 * @param fraction in (0, 1]
 * @throws SixpackError experiment-not-found, experiment-busy
 */
export function setTrafficFraction(context: AdministerContext, target: Target, fraction: number): Promise<Experiment> {
  return change(context, target, (stored) => {
    const before = currentEpoch(stored).trafficFraction;
    const hold = setPart(HELD, BY_PEOPLE)(stored);
    if (before === fraction) return hold;
    const next = withTrafficFraction(hold?.next ?? stored, fraction, context.clock.nowMs());
    return { next, action: "set-traffic", before: String(before), after: String(fraction), with: hold };
  });
}

/** Lets calls change the traffic again. @throws SixpackError experiment-not-found, experiment-busy */
export function releaseTraffic(context: AdministerContext, target: Target): Promise<Experiment> {
  return change(context, target, setPart(HELD, BY_CALLS));
}

/**
 * @param raw one number per active alternative, in stored order; equal ones go back to the uniform rule
 * @throws SixpackError experiment-not-found, invalid-weights, experiment-busy
 */
export function setWeights(context: AdministerContext, target: Target, raw: readonly string[]): Promise<Experiment> {
  return change(context, target, (stored) => {
    const active = activeIndexes(stored);
    const shares = parseWeights(raw, active.length);
    const weights = shares && stored.alternatives.map((_, index) => shares[active.indexOf(index)] ?? 0);
    const epoch = currentEpoch(stored);
    if (!isLearning(epoch.policy) && JSON.stringify(epoch.weights) === JSON.stringify(weights)) return undefined;
    const next = withWeights(stored, weights, context.clock.nowMs());
    return { next, action: "set-weights", before: shareText(stored), after: shareText(next) };
  });
}

/**
 * @param policy one that is chosen by name, as it begins; `setWeights` sets the one of weights
 * @throws SixpackError experiment-not-found, experiment-busy
 */
export function setPolicy(context: AdministerContext, target: Target, policy: Policy): Promise<Experiment> {
  return change(context, target, (stored) => {
    const inForce = currentEpoch(stored).policy;
    if (JSON.stringify(evenly(inForce)) === JSON.stringify(policy) && inForce.kind === policy.kind) return undefined;
    const next = withPolicy(stored, policy, context.clock.nowMs());
    return { next, action: "set-policy", before: shareText(stored), after: shareText(next) };
  });
}

/** @throws SixpackError experiment-not-found, invalid-alternative-name, duplicate-alternatives, too-many-alternatives, experiment-busy */
export function addAlternative(context: AdministerContext, target: Target, raw: string): Promise<Experiment> {
  const name = parseAlternativeName(raw);
  return change(context, target, (stored) => {
    const next = withAlternative(stored, name, context.clock.nowMs());
    return { next, action: "add-alternative", before: null, after: name };
  });
}

/**
 * @throws SixpackError experiment-not-found, unknown-alternative, alternative-retired, control-retired,
 * too-few-alternatives, winner-retired, experiment-busy
 */
export function retireAlternative(context: AdministerContext, target: Target, name: string): Promise<Experiment> {
  return change(context, target, (stored) => {
    if (stored.winner === name) {
      throw new SixpackError("winner-retired", `Expected another alternative than the winner, got ${name}`);
    }
    const next = withRetired(stored, name, context.clock.nowMs());
    return { next, action: "retire-alternative", before: name, after: null };
  });
}

/** How new clients are shared out, in words for the log. */
function shareText(experiment: Experiment): string {
  const { policy, weights } = currentEpoch(experiment);
  if (weights === null || isLearning(policy)) return ruleOf(policy).describe(policy);
  return activeIndexes(experiment)
    .map((index) => `${alternativeName(experiment, index)} ${percentOf(weights[index] ?? 0)}%`)
    .join(", ");
}

/** The fields of the form of a policy. */
function policyBody(): Fields {
  const choices = CHOSEN_BY_NAME.flatMap(({ kind, choices: fields }) =>
    Object.entries(fields).map(([field, { options }]) => {
      const values = Object.keys(options);
      return [field, Type.Optional(choice(values, { default: values[0], description: `of \`${kind}\`` }))] as const;
    }),
  );
  return { policy: choice(CHOSEN_BY_NAME.map(({ kind }) => kind)), ...Object.fromEntries(choices) };
}

/** What the page says of a change that began an epoch. */
export function epochText(name: string, experiment: Experiment | undefined): string {
  if (experiment === undefined) return "";
  return `${name}, for new visitors: ${currentEpoch(experiment).reason}.`;
}

/** An epoch can't be undone, since later clients were counted in it. To go back, begin another epoch. */
const SHARING = { role: "editor", page: "share", done: epochText } as const;

export const weights: Act = {
  ...SHARING,
  path: "weights",
  label: "Set weights",
  body: {
    weights: Type.Array(Type.Number({ minimum: 0 }), {
      minItems: 2,
      maxItems: ALTERNATIVES_MAX,
      description:
        "one per alternative that takes part, in stored order; in a form several fields or one with commas: `3,1`",
    }),
  },
  does: "shares new clients out by them; equal ones go back to equal shares",
  run: (context, target, { body }) => setWeights(context, target, formList(body, "weights")),
  log: { "set-weights": { words: "changed the weights" } },
};

export const traffic: Act = {
  ...SHARING,
  path: "traffic",
  label: "Set traffic",
  body: {
    traffic_fraction: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    traffic_percent: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 100, description: "where there is no `traffic_fraction`" }),
    ),
  },
  does: "takes in that share of new clients, and keeps calls from changing it: their `traffic_fraction` is passed over from then on",
  run: (context, target, { body }) => setTrafficFraction(context, target, trafficOf(body)),
  done: (name, experiment) => `${epochText(name, experiment)} Calls don't change it.`,
  log: {
    "set-traffic": { words: "changed the traffic" },
    "hold-traffic": { words: "keeps calls from changing the traffic", part: HELD },
  },
};

export const release: Act = {
  ...SHARING,
  path: "traffic/release",
  label: "Let calls change the traffic",
  body: {},
  does: "lets calls change the traffic again",
  run: (context, target) => releaseTraffic(context, target),
  done: (name) => `Calls may change the traffic of ${name} again.`,
  log: { "release-traffic": { words: "let calls change the traffic again", part: HELD } },
};

export const policy: Act = {
  ...SHARING,
  path: "policy",
  label: "Set policy",
  body: policyBody(),
  does: `shares new clients out by it: ${CHOSEN_BY_NAME.map(({ label }) => label).join(" or ")}`,
  run: (context, target, { body }) => {
    const kinds = CHOSEN_BY_NAME.map(({ kind }) => kind);
    const { choices, begin } = ruleOf({ kind: choiceField(body, "policy", kinds) });
    const chosen = Object.entries(choices).map(([field, { options }]) => {
      const values = Object.keys(options);
      return [field, choiceField(body, field, values, values[0])];
    });
    return setPolicy(context, target, begin(Object.fromEntries(chosen)));
  },
  log: { "set-policy": { words: "changed the policy" } },
};

export const addition: Act = {
  ...SHARING,
  path: "alternatives",
  label: "Add alternative",
  body: {
    alternative: Type.String({ minLength: 1, maxLength: NAME_LENGTH_MAX, description: "a name it never had" }),
  },
  does: "adds an alternative, which gets clients from then on",
  run: (context, target, { body }) => addAlternative(context, target, requiredField(body, "alternative").trim()),
  log: { "add-alternative": { words: "added an alternative" } },
};

export const retirement: Act = {
  ...SHARING,
  path: "alternatives/<alternative>/retire",
  label: "Retire alternative",
  body: {},
  does: "stops new clients of it; its participants keep it, and it stays in the results",
  run: (context, target, { params }) => retireAlternative(context, target, requiredField(params, "alternative")),
  log: { "retire-alternative": { words: "retired an alternative" } },
};

/** @throws SixpackError invalid-form, invalid-traffic-fraction */
function trafficOf(body: unknown): number {
  const fraction = formField(body, "traffic_fraction");
  if (fraction !== undefined) return parseTrafficFraction(fraction);
  const percent = formField(body, "traffic_percent");
  if (percent !== undefined) return parseTrafficShare(percent);
  throw new SixpackError("invalid-form", "Expected a field `traffic_fraction` or `traffic_percent`, got neither");
}
