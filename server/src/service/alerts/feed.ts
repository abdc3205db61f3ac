/** The entries of a feed: each fact once, and one line a day for what people did, when the day is over. */
import type { Experiment } from "../../domain/experiment.ts";
import { factId, factOf } from "../../domain/fact.ts";
import { dayText } from "../../domain/period.ts";
import { shownName } from "../../lib/shown-name.ts";
import type { ServiceContext } from "../context.ts";
import { digestsOf, readLog } from "./daily-digest.ts";

export interface FeedEntry {
  /** The same for ever. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly atMs: number;
  /** `null` of a line about several. */
  readonly experiment: string | null;
}

/** Newest entries of a feed. */
const FEED_ENTRIES_MAX = 100;

/** @param experiment `undefined` for all */
export async function readFeed(
  { store, clock }: Pick<ServiceContext, "store" | "clock">,
  experiment: Experiment | undefined,
): Promise<readonly FeedEntry[]> {
  const experiments = experiment === undefined ? await store.definitions.list() : [experiment];
  const log = await readLog(store, experiment === undefined ? {} : { experiment: experiment.name });
  const facts = experiments.flatMap((one) =>
    (one.noticed.facts ?? []).map(
      (fact): FeedEntry => ({
        id: factId(one, fact),
        title: `${shownName(one.name)}: ${fact.kind.replaceAll("-", " ")}`,
        text: fact.sentence,
        atMs: fact.atMs,
        experiment: one.name,
      }),
    ),
  );
  // Facts have lines of their own.
  const acts = log.filter(({ action }) => factOf(action) === undefined);
  const digests = digestsOf(acts, clock).map(({ day, title, text, atMs }): FeedEntry => {
    const id = `digest_${dayText(day)}${experiment === undefined ? "" : `_${experiment.name}`}`;
    return { id, title, text, atMs, experiment: experiment?.name ?? null };
  });
  return [...facts, ...digests].sort((a, b) => b.atMs - a.atMs).slice(0, FEED_ENTRIES_MAX);
}
