/** What the store keeps of itself: which one it is, and how many batches were written. */
import { type Identity, readIdentity } from "../store-id.ts";
import type { Database } from "./database.ts";
import { bytes, metaKey } from "./keys.ts";

/** Under this key. */
export const IDENTITY = bytes(metaKey("store"));

/** How many batches there are. In each of them, so that a database tells by itself whether it has the last one. */
export const BATCHES = metaKey("batches");

export async function batchesIn(database: Database): Promise<number> {
  return Number((await database.get(bytes(BATCHES)))?.toString("latin1") ?? 0);
}

/** @throws SixpackError store-unavailable: a later version wrote it */
export async function identityIn(folder: string, database: Database): Promise<Identity | undefined> {
  const text = await database.get(IDENTITY);
  return text && readIdentity(text.toString("utf8"), `the data folder ${folder}`);
}
