/** Definitions as Redis keeps them: what scripts compare in fields of its own, everything else as JSON. */
import { randomInt } from "node:crypto";
import {
  createdExperiment,
  currentEpochNumber,
  type Experiment,
  type ExperimentDraft,
  type StoredExperiment,
  upgraded,
} from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { RemovedExperiment } from "../store.ts";
import type { Reply } from "./client.ts";
import { arrayIn, numberIn, textIn } from "./replies.ts";

/** The fields of a definition, in the order in which every script returns them. */
export const DEFINITION_FIELDS = ["incarnation", "version", "created", "body"] as const;

type Body = Omit<StoredExperiment, "name" | "incarnation" | "version" | "createdAtMs">;

/** Incarnations are random, so that they need no counter in another slot and never come twice after data was lost. */
const INCARNATION_MAX = 2 ** 47;

/** A draft as arguments of create.lua and remove.lua: incarnation, created, epoch, body. */
export function draftArguments(draft: ExperimentDraft): readonly string[] {
  const experiment = createdExperiment(draft, newIncarnation(), 1);
  return [String(experiment.incarnation), String(experiment.createdAtMs), ...bodyArguments(experiment)];
}

/** Number of the epoch in force, and the body. */
export function bodyArguments(experiment: Experiment): readonly string[] {
  const { name: _name, incarnation: _incarnation, version: _version, createdAtMs: _created, ...body } = experiment;
  return [String(currentEpochNumber(experiment)), JSON.stringify(body)];
}

/** `undefined` for a definition that isn't there: every field is nil, or there are none. */
export function definitionIn(name: ExperimentName, reply: Reply | undefined): Experiment | undefined {
  const [incarnation, version, created, body] = arrayIn(reply);
  if (incarnation === null || incarnation === undefined) return undefined;
  return upgraded({
    ...(JSON.parse(textIn(body)) as Body),
    name,
    incarnation: numberIn(incarnation),
    version: numberIn(version),
    createdAtMs: numberIn(created),
  });
}

/** An entry of `removed`: how, removed at, version, created, epoch, body, with blanks between. */
const ENTRY = /^(?<how>\S+) (?<removedAt>\S+) (?<version>\S+) (?<created>\S+) \S+ (?<body>.*)$/s;

/** A life that is not live. */
export interface AsideEntry {
  readonly experiment: Experiment;
  readonly removedAtMs: number;
  /** `staged`: being loaded. `sweeping`: its keys are being freed, it can't come back. */
  readonly how: RemovedExperiment["how"] | "staged" | "sweeping";
}

/** An entry of `removed` for a life that is being loaded. */
export function stagedEntry(experiment: Experiment, nowMs: number): string {
  const { version, createdAtMs } = experiment;
  return ["staged", nowMs, version, createdAtMs, ...bodyArguments(experiment)].join(" ");
}

/** A number for a life that begins. */
export function newIncarnation(): number {
  return randomInt(1, INCARNATION_MAX);
}

const HOWS = ["reset", "deleted", "staged", "sweeping"] as const;

export function asideEntryIn(name: ExperimentName, incarnation: string, entry: string): AsideEntry | undefined {
  const fields = ENTRY.exec(entry)?.groups;
  const how = HOWS.find((word) => word === fields?.["how"]);
  if (fields === undefined || how === undefined) return undefined;
  const experiment = upgraded({
    ...(JSON.parse(fields["body"] ?? "") as Body),
    name,
    incarnation: Number(incarnation),
    version: Number(fields["version"]),
    createdAtMs: Number(fields["created"]),
  });
  return { experiment, removedAtMs: Number(fields["removedAt"]), how };
}
