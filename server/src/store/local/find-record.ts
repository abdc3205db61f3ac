/** Finding the record that counts for an id: its own, or the one that its link leads to. */
import type { ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { expectKnown, type RecordsOf } from "../kept-bytes.ts";
import { type DecodedRecord, decodeConversion, decodeLink, decodeRecord, isLink } from "../record-codec.ts";
import type { ClientRecord } from "../transfer.ts";
import type { GroupCommit } from "./group-commit.ts";
import { conversionKey, recordKey } from "./keys.ts";

export interface FoundRecord {
  /** Whose record it is. */
  readonly client: ClientKey;
  readonly joined: DecodedRecord;
}

/**
 * `undefined` if there is none, also at the end of a link. Links in a circle lead to none.
 * @param passed gets every id on the way that has a link
 * @throws SixpackError experiment-unreadable: what lies there is damaged
 */
export function findRecord(
  commit: GroupCommit,
  experiment: RecordsOf,
  client: ClientKey,
  passed: ClientKey[] = [],
): FoundRecord | undefined {
  let owner = client;
  for (;;) {
    const value = commit.get(recordKey(experiment.life, owner));
    if (value === undefined) return undefined;
    const stored = isLink(value) ? decodeLink(value) : decodeRecord(value);
    expectKnown(experiment, stored);
    if (!("to" in stored)) return { client: owner, joined: stored };
    passed.push(owner);
    owner = stored.to;
    if (passed.includes(owner)) return undefined;
  }
}

/** What lies on the ways of some ids, each once. @throws SixpackError experiment-unreadable */
export function findWays(
  commit: GroupCommit,
  experiment: RecordsOf,
  clients: readonly ClientKey[],
): { readonly links: readonly ClientKey[]; readonly records: readonly FoundRecord[] } {
  const links: ClientKey[] = [];
  const records = new Map<ClientKey, FoundRecord>();
  for (const client of clients) {
    // One that another one's way has passed leads to what was found at the end of that.
    const found = links.includes(client) ? undefined : findRecord(commit, experiment, client, links);
    if (found !== undefined) records.set(found.client, found);
  }
  return { links, records: [...records.values()] };
}

/** The same with its conversions, of the KPIs that the definition knows. */
export function findWholeRecord(
  commit: GroupCommit,
  experiment: RecordsOf & Pick<Experiment, "kpis">,
  client: ClientKey,
): ClientRecord | undefined {
  const { life, kpis } = experiment;
  const found = findRecord(commit, experiment, client);
  if (found === undefined) return undefined;
  const conversions = kpis.flatMap((_, kpi) => {
    const value = commit.get(conversionKey(life, found.client, kpi));
    return value === undefined ? [] : [{ kpi, ...decodeConversion(value) }];
  });
  return { client: found.client, ...found.joined, conversions };
}
