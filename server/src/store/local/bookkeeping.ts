/** What the store records about itself: its id, and how many batches were written. */
import { type Identity, readIdentity } from "../store-id.ts";
import type { Database } from "./database.ts";
import { bytes, metaKey } from "./keys.ts";

/** Under this key. */
export const IDENTITY = bytes(metaKey("store"));

/** Number of batches so far. It is part of every batch, so that a database shows whether it has the last one. */
export const BATCHES = metaKey("batches");

export async function batchesIn(database: Database): Promise<number> {
  return Number((await database.get(bytes(BATCHES)))?.toString("latin1") ?? 0);
}

/** @throws SixpackError store-unavailable: a later version wrote it */
export async function identityIn(folder: string, database: Database): Promise<Identity | undefined> {
  const text = await database.get(IDENTITY);
  return text && readIdentity(text.toString("utf8"), `the data folder ${folder}`);
}
