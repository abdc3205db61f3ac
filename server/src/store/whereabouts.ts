/** Where a store lies, for people who look for it. */
import type { ConfigKey } from "../config/schema.ts";

export interface Whereabouts {
  /** "in the folder …", "at …" */
  readonly text: string;
  /** The settings that lead there. */
  readonly keys: readonly ConfigKey[];
  /** Further advice, as the end of a sentence; may be empty. */
  readonly hint: string;
}
