/**
 * The answer of `/participate`: its schema, against which `/openapi.json` and the docs are checked, and the code that
 * writes it.
 */
import { Type } from "typebox";
import { alternativeName, type Experiment } from "../domain/experiment.ts";
import { ANSWER_REASONS, type AnswerReason, type ParticipateAnswer } from "../service/participate.ts";
import { type Answer, NAMED, OK } from "./answer.ts";
import type { Arguments } from "./arguments.ts";

const STEP = Type.Object({ step: Type.String(), answered: Type.Boolean(), says: Type.String() });
const REACHED = Type.Object({
  kpi: Type.Union([Type.String(), Type.Null()]),
  day: Type.String(),
  events: Type.Integer(),
  total: Type.Number(),
});

/** With `explain` only. */
const EXPLANATION = Type.Object({
  steps: Type.Array(STEP, { description: "In the order of the decision; the last one answered" }),
  record: Type.Union([
    Type.Null(),
    Type.Object({
      alternative: Type.Union([Type.String(), Type.Null()]),
      explored: Type.Boolean(),
      day: Type.String(),
      epoch: Type.Integer(),
      kpis: Type.Array(REACHED),
    }),
  ]),
  unread: Type.Array(Type.Object({ argument: Type.String(), why: Type.String() })),
});

/** What stands beside the fields of 2.7. */
export const OUR_PARTICIPATION_FIELDS = {
  reason: Type.Enum([...ANSWER_REASONS], { description: "Why the client sees this alternative" }),
  explanation: Type.Optional(EXPLANATION),
};

export const PARTICIPATION = Type.Object({
  status: OK,
  alternative: NAMED,
  experiment: NAMED,
  client_id: Type.String(),
  ...OUR_PARTICIPATION_FIELDS,
});

/** The beginning of a body for each alternative, made once per definition, because only the client id differs. */
const STARTS = new WeakMap<Experiment, string[]>();

/** The end of a body for each reason, after the fields of 2.7. */
const ENDS = Object.fromEntries(ANSWER_REASONS.map((reason) => [reason, `,"reason":"${reason}"}`])) as Readonly<
  Record<AnswerReason, string>
>;

export function participation({ experiment, index, reason }: ParticipateAnswer, args: Arguments): Answer {
  const start =
    experiment === undefined
      ? startOf(args.alternatives[index] ?? "", args.experiment ?? "")
      : storedStart(experiment, index);
  return { status: 200, body: `${start}${JSON.stringify(args.client_id ?? "")}${ENDS[reason]}` };
}

function storedStart(experiment: Experiment, index: number): string {
  let starts = STARTS.get(experiment);
  if (starts === undefined) {
    starts = [];
    STARTS.set(experiment, starts);
  }
  starts[index] ??= startOf(alternativeName(experiment, index), experiment.name);
  return starts[index];
}

function startOf(alternative: string, experiment: string): string {
  const start = JSON.stringify({ status: "ok", alternative: { name: alternative }, experiment: { name: experiment } });
  return `${start.slice(0, -1)},"client_id":`;
}
