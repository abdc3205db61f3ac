/** What a few words may mean on this dashboard: an experiment, all of an owner or tag, a saved list, a page. */
import { type Experiment, type ExperimentState, stateOf } from "../../domain/experiment.ts";
import type { SavedView } from "./saved-views.ts";
import { hasWords, labelsOf, selectExperiments, wordsOf } from "./selection.ts";

export interface Found {
  /** The likeliest first. */
  readonly experiments: readonly Experiment[];
  /** How many more there are. */
  readonly more: number;
  readonly owners: readonly string[];
  readonly tags: readonly string[];
  readonly views: readonly SavedView[];
}

/** Most of a kind that are shown. */
const FOUND_MAX = 12;

/** Without words: the newest experiments. */
export function find(all: readonly Experiment[], views: readonly SavedView[], text: string): Found {
  const words = wordsOf(text);
  const ranked = selectExperiments(all, { status: "all", text, owner: null, tag: null })
    .map((experiment) => ({ experiment, rank: rankOf(experiment, words) }))
    .sort((a, b) => a.rank - b.rank || b.experiment.createdAtMs - a.experiment.createdAtMs);
  const labels = labelsOf(all);
  const named = (names: readonly string[]) =>
    words.length === 0 ? [] : names.filter((name) => hasWords(name, words)).slice(0, FOUND_MAX);
  return {
    experiments: ranked.slice(0, FOUND_MAX).map(({ experiment }) => experiment),
    more: Math.max(0, ranked.length - FOUND_MAX),
    owners: named(labels.owners),
    tags: named(labels.tags),
    views: views.filter(({ name }) => hasWords(name, words)).slice(0, FOUND_MAX),
  };
}

const BY_STATE: Readonly<Record<ExperimentState, number>> = { active: 0, paused: 0, archived: 1 };

/** A name that begins so, one that holds the words, then what is said elsewhere; archived ones after their like. */
function rankOf(experiment: Experiment, words: readonly string[]): number {
  const name = experiment.name.toLowerCase();
  const place = name.startsWith(words[0] ?? "") ? 0 : hasWords(name, words) ? 1 : 2;
  return 2 * place + BY_STATE[stateOf(experiment)];
}
