/** Lives as Redis keeps them: what scripts compare in fields of its own, everything else as JSON. */
import { randomInt } from "node:crypto";
import { SixpackError } from "../../domain/errors.ts";
import { currentEpochNumber, type Experiment } from "../../domain/experiment.ts";
import { LIFE_STATES, type Life } from "../lives.ts";
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
export function lifeIn(name: string, life: string, fields: Reply | undefined): Life | undefined {
  const [state, sinceMs, version, body] = arrayIn(fields);
  if (state === null || state === undefined) return undefined;
  const known = LIFE_STATES.find((word) => word === textIn(state));
  if (known === undefined) throw new SixpackError("internal", `Expected a state of ${name}, got ${textIn(state)}`);
  const experiment = {
    ...JSON.parse(textIn(body)),
    name,
    life: Number.parseInt(life, 36),
    version: numberIn(version),
  } as Experiment;
  return { experiment, state: known, sinceMs: numberIn(sinceMs) };
}
