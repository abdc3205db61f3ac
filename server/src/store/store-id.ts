/**
 * Which store this is, and how what is in it is laid out: written once, into the store itself, when it is made.
 *
 * If the id has changed, the server is connected to another store, however similar its contents. A layout with an
 * unknown number comes from a later version, and would be misread.
 */
import { randomUUID } from "node:crypto";
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { SixpackError } from "../domain/errors.ts";
import { parsedJson } from "../lib/parsed-json.ts";

/** Counts up when an older version would misread a folder or database. docs/storage.md says what changed. */
export const LAYOUT = 5;

/** `migrating`: the store is being migrated to that layout, and nobody else may use it. */
const IDENTITY = Type.Object({
  id: Type.String({ minLength: 1 }),
  layout: Type.Integer({ minimum: 1 }),
  migrating: Type.Optional(Type.Literal(true)),
});

export type Identity = Static<typeof IDENTITY>;

export function newIdentity(): Identity {
  return { id: randomUUID(), layout: LAYOUT };
}

/** The same store, laid out as it is today. */
export function migratedIdentity({ id }: Identity): Identity {
  return { id, layout: LAYOUT };
}

export function identityText(identity: Identity): string {
  return JSON.stringify(identity);
}

/**
 * @param place in words, for the message
 * @throws SixpackError store-unavailable: a later version made it, or it is damaged
 */
export function readIdentity(text: string, place: string): Identity {
  const identity = parsedJson(text);
  if (!Check(IDENTITY, identity)) {
    const detail = `Expected the id of a store in ${place}, got ${JSON.stringify(text.slice(0, 100))}. Restore a backup.`;
    throw new SixpackError("store-unavailable", detail);
  }
  if (identity.layout > LAYOUT) {
    throw new SixpackError(
      "store-unavailable",
      `Expected layout ${LAYOUT} in ${place}, got ${identity.layout}: a later version of Sixpack has written it, and this one would misread it. Install that version, or go back to a backup from before it.`,
    );
  }
  return identity;
}
