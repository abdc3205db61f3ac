/** The activity log of an experiment that is imported: its newest entries, of which those that are there already stay one. */
import { SOURCES, type Source, sourceOf } from "../../../domain/actor.ts";
import type { ExperimentName } from "../../../domain/names.ts";
import { ACTIVITY_MAX, KEPT_MAX } from "../../../store/activity.ts";
import type { Store } from "../../../store/store.ts";
import type { Line } from "./file-format.ts";

type FileEntry = Extract<Line, { kind: "activity" }>["entry"];

/** The part of what the log keeps of a source that one experiment may bring: each takes the place of another's oldest. */
const TAKEN_PART = 10;

/** Most entries of a source that are taken over per experiment, the newest ones. */
export function takenMax(source: Source): number {
  return KEPT_MAX[source] / TAKEN_PART;
}

export class FileActivity {
  readonly #kept = new Map<Source, { readonly place: number; readonly entry: FileEntry }[]>();
  #places = 0;

  /** @param entry the next of the file, where the oldest are first */
  add(entry: FileEntry): void {
    const source = sourceOf(entry.actor);
    const kept = this.#kept.get(source) ?? [];
    this.#kept.set(source, kept);
    kept.push({ place: this.#places, entry });
    if (kept.length > takenMax(source)) kept.shift();
    this.#places += 1;
  }

  /** Appends what the log doesn't have yet. Entries that are alike are counted: two of the file are two of the log. */
  async takeInto({ activity }: Store, experiment: ExperimentName): Promise<void> {
    const present = new Map<string, number>();
    for (const entry of await activity.read({ experiment, limit: ACTIVITY_MAX })) {
      const key = textOf(entry);
      present.set(key, (present.get(key) ?? 0) + 1);
    }
    const kept = SOURCES.flatMap((source) => this.#kept.get(source) ?? []).sort((a, b) => a.place - b.place);
    for (const { entry } of kept) {
      const key = textOf(entry);
      const left = present.get(key) ?? 0;
      if (left > 0) present.set(key, left - 1);
      else await activity.append({ ...entry, experiment });
    }
  }
}

/** All that tells entries of one experiment apart: a forgotten client is known by `before` alone. */
function textOf({ atMs, action, actor, before, after }: FileEntry): string {
  return JSON.stringify([atMs, action, actor, before, after]);
}
