/** How Redis stores lives: what scripts compare has fields of its own, everything else is JSON. */
import { randomInt } from "node:crypto";
import { reasonOf } from "../../domain/errors.ts";
import { currentEpochNumber, type Experiment } from "../../domain/experiment.ts";
import { checkedLife, type Life } from "../lives.ts";
import type { UnreadableExperiment } from "../stored-schema.ts";
import type { Reply } from "./client.ts";
import { arrayIn, numberIn, textIn } from "./replies.ts";

/** The fields of a definition, in the order in which they are read. `epoch` is for scripts. */
export const DEFINITION_FIELDS = ["state", "sinceMs", "version", "body"] as const;

/** Numbers of lives are random, so that they need no counter in another slot and never come twice after data was lost. */
const LIFE_MAX = 2 ** 47;

/** A number for a life that begins. */
export function newLife(): number {
  return randomInt(1, LIFE_MAX);
}

/** Number of the epoch in force, and the body. */
export function bodyArguments(experiment: Experiment): readonly [string, string] {
  const { name: _name, life: _life, version: _version, ...body } = experiment;
  return [String(currentEpochNumber(experiment)), JSON.stringify(body)];
}

/** `undefined` for a life that isn't there: every field is nil. @param life as it stands in keys */
export function lifeIn(name: string, life: string, fields: Reply | undefined): Life | UnreadableExperiment | undefined {
  const [state, sinceMs, version, body] = arrayIn(fields);
  if (state === null || state === undefined) return undefined;
  try {
    const numbers = { life: Number.parseInt(life, 36), version: numberIn(version) };
    const experiment = { ...JSON.parse(textIn(body)), name, ...numbers };
    return checkedLife({ experiment, state: textIn(state), sinceMs: numberIn(sinceMs) }, name);
  } catch (error) {
    return { name, reason: reasonOf(error) };
  }
}
