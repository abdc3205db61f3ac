/**
 * Clients who have another alternative since their id was linked to another one: every process that remembers them has to
 * hear of it. The process that linked them adds them to a sorted set, as it does with changed definitions, and all poll it.
 */
import { CLIENT_KEY_BYTES, type ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { type AssignmentCache, cacheLife } from "../assignment-cache.ts";
import type { RedisConnection } from "./client.ts";
import { arrayIn, bytesIn, numberIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Most of them kept. A process that was away for longer forgets all that it remembered. */
const KEPT_MAX = 10_000;

/** Member that holds the last sequence number, as in the index of definitions. */
const LAST = "";

export class Moved {
  readonly #connection: RedisConnection;
  readonly #key: string;
  readonly #cache: AssignmentCache;
  #sequence: number | undefined;

  constructor(connection: RedisConnection, key: string, cache: AssignmentCache) {
    this.#connection = connection;
    this.#key = key;
    this.#cache = cache;
  }

  async tell(experiment: Experiment, client: ClientKey): Promise<void> {
    this.#cache.forget(cacheLife(experiment), client);
    const member = Buffer.from(client + cacheLife(experiment), "latin1");
    await this.#connection.run(SCRIPTS.touch, [this.#key], member);
    // The last number is a member, too.
    await this.#connection.send("ZREMRANGEBYRANK", this.#key, "0", String(-KEPT_MAX - 2));
  }

  /** Takes out of memory who was moved since the last time. */
  async poll(): Promise<void> {
    const sequence = this.#sequence;
    if (sequence === undefined) {
      const last = await this.#connection.send("ZSCORE", this.#key, LAST);
      this.#sequence = last === null ? 0 : numberIn(last);
      return;
    }
    const items = arrayIn(
      await this.#connection.send("ZRANGEBYSCORE", this.#key, String(sequence), "+inf", "WITHSCORES"),
    );
    // After a failover the numbers may begin anew, lower ones.
    if (items.length === 0 && sequence > 0) {
      this.#sequence = undefined;
      return;
    }
    let first = Number.POSITIVE_INFINITY;
    for (let index = 0; index < items.length; index += 2) {
      const member = bytesIn(items[index]).toString("latin1");
      const number = numberIn(items[index + 1]);
      this.#sequence = Math.max(this.#sequence ?? 0, number);
      if (member === LAST || number <= sequence) continue;
      first = Math.min(first, number);
      const client = member.slice(0, CLIENT_KEY_BYTES) as ClientKey;
      this.#cache.forget(Number(member.slice(CLIENT_KEY_BYTES)), client);
    }
    if (first !== Number.POSITIVE_INFINITY && first > sequence + 1) this.#cache.clear();
  }
}
