/** Loading and unloading lives of the Redis engine. */
import type { Experiment } from "../../domain/experiment.ts";
import type { Tally } from "../../domain/tally.ts";
import { freedMeanwhile, type LifeState, publishOutcome } from "../lives.ts";
import { encodeLink, encodeRecord } from "../record-codec.ts";
import { isClientLink, type PublishOutcome, type SplitTallies, type StoredClient, type Transfer } from "../transfer.ts";
import type { RedisConnection } from "./client.ts";
import type { Keys } from "./keys.ts";
import type { Lives } from "./lives.ts";
import { finishRecap } from "./recap.ts";
import { textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";
import type { Sweep } from "./sweep.ts";
import { readTallies, writeTallies } from "./tallies.ts";
import { exportConverted, exportRecords } from "./walk.ts";

export function redisTransfer(connection: RedisConnection, keys: Keys, lives: Lives, sweep: Sweep): Transfer {
  const expectKept = async (staged: Experiment): Promise<void> => {
    const state = await connection.send("HGET", keys.life(staged).definition, "state");
    if (state === null || textIn(state) === ("sweeping" satisfies LifeState)) throw freedMeanwhile(staged);
  };
  return {
    stage: (definition, nowMs) => lives.stage(definition, nowMs),

    async listStaged(): Promise<readonly Experiment[]> {
      const all = await lives.all();
      return all.filter(({ state }) => state === "staged").map(({ experiment }) => experiment);
    },

    async loadRecords(staged: Experiment, clients: readonly StoredClient[]): Promise<void> {
      await expectKept(staged);
      const { records: key, ids } = keys.life(staged);
      const pairs = clients.flatMap((stored) => [
        Buffer.from(stored.client, "latin1"),
        isClientLink(stored) ? encodeLink(stored) : encodeRecord(stored, stored.conversions),
      ]);
      const idPairs = clients.flatMap(({ client, id }) =>
        id === undefined ? [] : [Buffer.from(client, "latin1"), id],
      );
      await connection.run(SCRIPTS.load, [key], ...pairs);
      if (idPairs.length === 0) return;
      await connection.send("HSET", key, "ids", "1");
      await connection.run(SCRIPTS.load, [ids], ...idPairs);
    },

    async loadTallies(staged: Experiment, recorded: readonly Tally[], unrecorded: readonly Tally[]): Promise<void> {
      await expectKept(staged);
      const life = keys.life(staged);
      await writeTallies(connection, life.tallies, recorded);
      await writeTallies(connection, life.unrecorded, unrecorded);
    },

    async publish({ name, life }: Experiment, nowMs: number, replace: boolean): Promise<PublishOutcome> {
      return publishOutcome(await lives.move(name, { kind: "publish", nowMs, replace }, life));
    },

    discard: (staged) => sweep.discard(staged),

    exportRecords: (experiment, onUnreadable) =>
      exportRecords(connection, keys.life(experiment), experiment, onUnreadable),

    exportConverted: (experiment, onUnreadable) =>
      exportConverted(connection, keys.life(experiment), experiment, onUnreadable),

    async readTallies(experiment: Experiment): Promise<SplitTallies> {
      const { tallies, unrecorded } = keys.life(experiment);
      await finishRecap(connection, keys, experiment);
      return {
        recorded: await readTallies(connection, tallies),
        unrecorded: await readTallies(connection, unrecorded),
      };
    },
  };
}
