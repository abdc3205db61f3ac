/**
 * Clients whose record has gone into that of another id: every process that remembers them has to hear of it, as of changed
 * definitions. Also where the alternative is the same, since they follow that record from now on, wherever it goes.
 */
import { CLIENT_KEY_BYTES, type ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { type AssignmentCache, cacheLife } from "../assignment-cache.ts";
import { ChangeIndex } from "./change-index.ts";
import type { RedisConnection } from "./client.ts";

/** Most of them kept. A process that was away for longer forgets all that it remembered. */
const KEPT_MAX = 10_000;

export class Moved {
  readonly #index: ChangeIndex;
  readonly #cache: AssignmentCache;
  /** The last number seen; `undefined` where another server may count anew. From 0: who came first stays in memory. */
  #sequence: number | undefined = 0;

  constructor(connection: RedisConnection, key: string, cache: AssignmentCache) {
    this.#index = new ChangeIndex(connection, key, "latin1");
    this.#cache = cache;
  }

  async tell(experiment: Experiment, client: ClientKey): Promise<void> {
    this.#cache.forget(cacheLife(experiment), client);
    await Promise.all([this.#index.touch(client + cacheLife(experiment)), this.#index.trim(KEPT_MAX)]);
  }

  /** After a reconnection: a server that has taken over may lack the last links, and give their numbers anew. */
  forget(): void {
    // Where there were none, all that come are new.
    if (this.#sequence !== 0) this.#sequence = undefined;
  }

  /** Takes out of memory who was moved since the last time; everybody where that is not known. */
  async poll(): Promise<void> {
    const sequence = this.#sequence;
    const changes = sequence === undefined ? undefined : await this.#index.since(sequence);
    if (sequence === undefined || changes === undefined) {
      this.#sequence = await this.#index.last();
      this.#cache.clear();
      return;
    }
    if (this.#sequence !== sequence) return;
    this.#sequence = changes.last;
    for (const member of changes.changed.keys()) {
      const client = member.slice(0, CLIENT_KEY_BYTES) as ClientKey;
      this.#cache.forget(Number(member.slice(CLIENT_KEY_BYTES)), client);
    }
    if (changes.last - sequence > KEPT_MAX) this.#cache.clear();
  }
}
