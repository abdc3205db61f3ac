/** What was reset or deleted and can still come back, with what people ask of it: how much it held, and who removed it. */
import type { Activity } from "../../store/activity.ts";
import type { RemovedExperiment } from "../../store/store.ts";
import { countsNow } from "../stored-tallies.ts";
import { unlessUnreadable } from "../unless-unreadable.ts";
import type { AdministerContext } from "./act.ts";
import { listRestorable } from "./acts/ending.ts";

export interface Lost extends RemovedExperiment {
  /** `undefined` where they can't be read. */
  readonly participants: number | undefined;
  /** `undefined` where the log no longer says so. */
  readonly actor: string | undefined;
}

/** Entries of people on one experiment in which its removal is looked for. */
const ENTRIES_MAX = 100;

/** Removed last first. */
export async function listLost(context: AdministerContext): Promise<readonly Lost[]> {
  const lost: Lost[] = [];
  for (const removed of await listRestorable(context)) {
    const { experiment } = removed;
    const counts = await unlessUnreadable(countsNow(context.store, experiment), undefined);
    const asked = { experiment: experiment.name, source: "people", limit: ENTRIES_MAX } as const;
    const entries = await context.store.activity.read(asked);
    lost.push({ ...removed, participants: counts?.participants, actor: endOf(entries, removed)?.actor });
  }
  return lost;
}

/** The entry that tells of the end of that life; what another act moved aside, as a restore does, has none. */
export function endOf(
  log: readonly Activity[],
  { experiment: { name }, removedAtMs }: RemovedExperiment,
): Activity | undefined {
  return log.find(
    ({ experiment, action, atMs }) =>
      experiment === name && ["reset", "delete"].includes(action) && atMs === removedAtMs,
  );
}
