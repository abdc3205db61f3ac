/**
 * Shards: how many places the client records and tallies of one experiment are spread over. One, unless its traffic or
 * its number of clients is more than one server of a Redis Cluster takes; each shard is a slot of its own.
 */
import { SixpackError } from "./errors.ts";
import type { Experiment } from "./experiment.ts";
import { quote } from "./names.ts";

/** Most shards of an experiment: each change of it is told to all of them, and each page asks all of them. */
export const SHARDS_MAX = 64;

export function shardsOf({ shards = 1 }: Pick<Experiment, "shards">): number {
  return shards;
}

/** @throws SixpackError invalid-shards */
export function parseShards(raw: string): number {
  const shards = Number(raw);
  if (/^\d{1,3}$/.test(raw) && shards >= 1 && shards <= SHARDS_MAX) return shards;
  throw new SixpackError(
    "invalid-shards",
    `Expected \`shards\` as a whole number from 1 to ${SHARDS_MAX}, got ${quote(raw)}`,
  );
}

/** A definition spread over that many; a store writes it only while nobody takes part. */
export function withShards({ shards: _, ...experiment }: Experiment, shards: number): Experiment {
  return shards === 1 ? experiment : { ...experiment, shards };
}

/** @throws SixpackError always: a client's record would be looked for where it does not lie */
export function refuseShards(name: string): never {
  throw new SixpackError(
    "experiment-has-clients",
    `Expected ${name} without clients, got some: they would have to move. Reset it, or spread it before its first client.`,
  );
}

/** Why an epoch began that is here to count on from one that was lost. */
const LOST_REASON = "an epoch was lost when a server of the store failed";

/**
 * The definition after a failover took its last changes back, though other shards know of more epochs: the lost ones
 * come back as copies of the last, so that no later epoch is counted together with them.
 * @param known number of the latest epoch under which clients may be recorded
 */
export function withLostEpochs(experiment: Experiment, known: number): Experiment {
  const last = experiment.epochs.at(-1);
  if (last === undefined || known < experiment.epochs.length) return experiment;
  const copies = Array.from({ length: known + 2 - experiment.epochs.length }, () => ({ ...last, reason: LOST_REASON }));
  return { ...experiment, epochs: [...experiment.epochs, ...copies] };
}
