/** Finding the record that counts for an id: its own, or the one that its link leads to. */
import type { ClientKey } from "../../domain/digest.ts";
import { type DecodedRecord, decodeLink, decodeRecord, isLink } from "../record-codec.ts";
import type { GroupCommit } from "./group-commit.ts";
import { recordKey } from "./keys.ts";

export interface FoundRecord {
  /** Whose record it is. */
  readonly client: ClientKey;
  readonly joined: DecodedRecord;
}

/**
 * `undefined` if there is none, also at the end of a link. Links in a circle lead to none. @param passed called with
 * every id on the way that has a link
 */
export function findRecord(
  commit: GroupCommit,
  life: number,
  client: ClientKey,
  passed: ClientKey[] = [],
): FoundRecord | undefined {
  let owner = client;
  for (;;) {
    const value = commit.get(recordKey(life, owner));
    if (value === undefined) return undefined;
    if (!isLink(value)) return { client: owner, joined: decodeRecord(value) };
    passed.push(owner);
    owner = decodeLink(value).to;
    if (passed.includes(owner)) return undefined;
  }
}
