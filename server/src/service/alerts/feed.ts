/** The entries of a feed: each fact once, and one line a day for what people did, when the day is over. */
import type { Experiment } from "../../domain/experiment.ts";
import { factId } from "../../domain/fact.ts";
import { dayText } from "../../domain/period.ts";
import { shownName } from "../../lib/shown-name.ts";
import { logWord } from "../administer/acts/acts.ts";
import type { ServiceContext } from "../context.ts";

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
export const FEED_ENTRIES_MAX = 100;

/** Newest entries of the log that a feed is made from. */
const LOG_READ_MAX = 1_000;

/** @param experiment `undefined` for all */
export async function readFeed(
  { store, clock }: Pick<ServiceContext, "store" | "clock">,
  experiment: Experiment | undefined,
): Promise<readonly FeedEntry[]> {
  const experiments = experiment === undefined ? await store.definitions.list() : [experiment];
  const log = await store.activity.read({
    ...(experiment === undefined ? {} : { experiment: experiment.name }),
    limit: LOG_READ_MAX,
  });
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
  const days = new Map<number, { readonly words: string[]; atMs: number }>();
  for (const { atMs, action, actor, experiment: name } of log) {
    const day = clock.dayAt(atMs);
    // Today is left out, because its line would still change. Facts have lines of their own.
    if (day >= clock.today() || action.startsWith("noticed-")) continue;
    const found = days.get(day) ?? { words: [], atMs };
    found.words.push(`${actor} ${logWord(action)?.words ?? action} ${shownName(name)}`);
    found.atMs = Math.max(found.atMs, atMs);
    days.set(day, found);
  }
  const digests = [...days].map(([day, { words, atMs }]): FeedEntry => {
    const date = dayText(day as Parameters<typeof dayText>[0]);
    return {
      id: `digest_${date}${experiment === undefined ? "" : `_${experiment.name}`}`,
      title: `${words.length} ${words.length === 1 ? "change" : "changes"} on ${date}`,
      text: words.reverse().join("; "),
      atMs,
      experiment: experiment?.name ?? null,
    };
  });
  return [...facts, ...digests].sort((a, b) => b.atMs - a.atMs).slice(0, FEED_ENTRIES_MAX);
}
