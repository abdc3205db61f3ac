/**
 * How many links lead to each record that is loaded, one after another: files don't tell, and without it a chain could grow by
 * LINK_DEPTH_MAX links with every move to another store.
 */
import type { ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { LINK_DEPTH_MAX } from "../../store/record-codec.ts";
import type { Store } from "../../store/store.ts";
import { isClientLink, RECORDS_PER_LOAD_MAX, type StoredClient, wholeRecord } from "../../store/transfer.ts";

export class LinkDepths {
  readonly #to = new Map<ClientKey, ClientKey>();

  /** To be told all that is loaded. */
  add(batch: readonly StoredClient[]): void {
    for (const stored of batch) if (isClientLink(stored)) this.#to.set(stored.client, stored.to);
  }

  /** Puts them into the records of a staged life; walks over it where there are links. */
  async putInto(store: Pick<Store, "transfer">, staged: Experiment): Promise<void> {
    const depths = this.#depths();
    if (depths.size === 0) return;
    for await (const batch of store.transfer.exportRecords(staged)) {
      const counted: StoredClient[] = [];
      for (const stored of batch) {
        const linkDepth = depths.get(stored.client);
        if (linkDepth === undefined || isClientLink(stored)) continue;
        counted.push(wholeRecord(stored.client, { ...stored, linkDepth }, stored.conversions, stored.id));
      }
      for (let start = 0; start < counted.length; start += RECORDS_PER_LOAD_MAX) {
        await store.transfer.loadRecords(staged, counted.slice(start, start + RECORDS_PER_LOAD_MAX));
      }
    }
  }

  /** By whom the chains end at. No way is followed further than it counts, so one that somebody wrote in a circle ends, too. */
  #depths(): ReadonlyMap<ClientKey, number> {
    const depths = new Map<ClientKey, number>();
    for (const client of this.#to.keys()) {
      let [at, length] = [client, 0];
      for (let next = this.#to.get(at); next !== undefined && length < LINK_DEPTH_MAX; next = this.#to.get(at)) {
        at = next;
        length += 1;
      }
      if (!this.#to.has(at)) depths.set(at, Math.max(depths.get(at) ?? 0, length));
    }
    return depths;
  }
}
