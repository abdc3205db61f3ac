/** The steps of a decision in words: what each of them asked, and what it found. */
import type { DecisionStep } from "../domain/decide.ts";
import { layerPosition, trafficPosition } from "../domain/digest.ts";
import { activeIndexes } from "../domain/epochs.ts";
import { alternativeName, currentEpoch, type Experiment } from "../domain/experiment.ts";
import { dayText } from "../domain/period.ts";
import { ruleOf } from "../domain/policy/policies.ts";
import { isFiltered } from "../domain/visitor.ts";
import { percent } from "../lib/text.ts";
import type { ClientRecord } from "../store/transfer.ts";
import type { ServiceSettings } from "./context.ts";
import type { ParticipateAnswer, ParticipateRequest } from "./participate.ts";

export interface ExplainedStep {
  readonly step: DecisionStep;
  /** Whether the answer comes from it. */
  readonly answered: boolean;
  readonly says: string;
}

/** What a step has looked at. */
export interface Facts {
  readonly experiment: Experiment;
  readonly request: ParticipateRequest;
  readonly record: ClientRecord | undefined;
  /** Whether the record is another id's, which the call would link. */
  readonly isLinked: boolean;
  readonly settings: ServiceSettings;
}

export function wordsOf(step: DecisionStep, answered: boolean, answer: ParticipateAnswer, facts: Facts): ExplainedStep {
  return { step, answered, says: WORDS[step](facts, answered, answer) };
}

type Words = (facts: Facts, answered: boolean, answer: ParticipateAnswer) => string;

/** A new step doesn't compile without a line here. */
const WORDS: Readonly<Record<DecisionStep, Words>> = {
  force: ({ request }, answered) => {
    if (request.force === undefined) return "The call forces no alternative.";
    const named = JSON.stringify(request.force);
    return answered ? `The call forces ${named}.` : `The call forces ${named}, which is no alternative: passed over.`;
  },
  enabled: (_facts, answered) =>
    answered ? "The server is switched off (`enabled: false`): the control." : "The server is switched on.",
  winner: ({ experiment }, answered) => (answered ? `The winner is ${experiment.winner}.` : "No winner is set."),
  filter: ({ request, settings }, answered) => {
    if (!answered) return "Neither a robot nor an ignored address.";
    const isRobot = isFiltered(settings.visitorFilter, request.userAgent, undefined);
    return `${isRobot ? "The user agent is a robot's" : "The address is ignored"}: the control, and nothing is counted.`;
  },
  archived: (_facts, answered) => (answered ? "The experiment is archived: the control." : "Not archived."),
  paused: (_facts, answered) => (answered ? "The experiment is paused: the control." : "Not paused."),
  record: ({ experiment, record, isLinked }) => {
    if (record === undefined) {
      return experiment.compacted === true ? "The records of this experiment were freed." : "No record of this client.";
    }
    const { assignment, day } = record;
    const what =
      assignment.kind === "excluded"
        ? "left out by traffic fraction or slice"
        : alternativeName(experiment, assignment.index);
    return `Recorded ${isLinked ? "under the previous id " : ""}on ${dayText(day)}: ${what}.`;
  },
  intake: (_facts, answered) =>
    answered ? "Nobody new is taken in any more: the control, and no record." : "New clients are taken in.",
  alternatives: (_facts, answered) =>
    answered
      ? "The call leaves out an alternative that was added later: the control, and no record."
      : "The call names every alternative.",
  layer: ({ experiment, request }, answered) => {
    const { slice } = currentEpoch(experiment);
    if (slice === undefined) return "The experiment is in no layer.";
    const place = layerPosition(slice.layer, request.client).toFixed(4);
    const held = `${slice.from} to ${slice.to}`;
    const where = answered ? "outside, the control" : "inside";
    return `The client's place in the layer ${slice.layer} is ${place}, and the slice is ${held}: ${where}.`;
  },
  traffic: ({ experiment, request }, answered) => {
    const { trafficFraction } = currentEpoch(experiment);
    if (trafficFraction === 1) return "All clients are taken in.";
    const position = trafficPosition(experiment.name, request.client).toFixed(4);
    const place = answered ? "outside, the control" : "inside";
    return `The client's place is ${position} of 1, and ${trafficFraction} are taken in: ${place}.`;
  },
  policy: ({ experiment }, _answered, { index }) => {
    const { weights, policy } = currentEpoch(experiment);
    const active = activeIndexes(experiment);
    const shares = active.map((arm) => percent(weights?.[arm] ?? 1 / active.length)).join(" / ");
    const rule = `${ruleOf(policy).label}, ${shares}`;
    return `The hash of experiment and client chooses ${alternativeName(experiment, index)} (${rule}).`;
  },
};
