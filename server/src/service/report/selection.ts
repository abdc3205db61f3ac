/** Which experiments a list shows: by state, by words, and by what people say of them. */
import { type Experiment, type ExperimentState, stateOf } from "../../domain/experiment.ts";

export const STATUSES = ["active", "paused", "archived", "all"] as const satisfies readonly (ExperimentState | "all")[];
export type Status = (typeof STATUSES)[number];

export interface Selection {
  readonly status: Status;
  /** Every word of it is in the name, description, owner, a tag or the hypothesis, whatever the case; empty selects all. */
  readonly text: string;
  /** Only experiments of this owner, and with this tag, compared whole; `null` is all. */
  readonly owner: string | null;
  readonly tag: string | null;
}

export function selectExperiments(
  all: readonly Experiment[],
  { status, text, owner, tag }: Selection,
): readonly Experiment[] {
  const words = wordsOf(text);
  return all.filter(
    (experiment) =>
      (status === "all" || stateOf(experiment) === status) &&
      (owner === null || experiment.about?.owner === owner) &&
      (tag === null || experiment.about?.tags?.includes(tag) === true) &&
      (words.length === 0 || hasWords(searchedIn(experiment), words)),
  );
}

export function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
}

export function hasWords(text: string, words: readonly string[]): boolean {
  const searched = text.toLowerCase();
  return words.every((word) => searched.includes(word));
}

/** Owners and tags of these experiments, each once, sorted: what a list may be narrowed to. */
export function labelsOf(experiments: readonly Experiment[]): {
  readonly owners: readonly string[];
  readonly tags: readonly string[];
} {
  return {
    owners: [...new Set(experiments.flatMap(({ about }) => about?.owner ?? []))].sort(),
    tags: [...new Set(experiments.flatMap(({ about }) => about?.tags ?? []))].sort(),
  };
}

function searchedIn({ name, description, about }: Experiment): string {
  return [name, description ?? "", about?.owner ?? "", about?.hypothesis ?? "", ...(about?.tags ?? [])].join("\n");
}
