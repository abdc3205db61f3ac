/** What a test has to know of an engine. One file in this folder per engine, one line in each test that loops over them. */
import type { Store } from "../../../src/store/store.ts";

export interface EngineUnderTest {
  readonly name: string;
  /** Before the first store is opened: servers, folders. */
  start(): Promise<void>;
  /** A store on an empty place of its own. */
  open(): Promise<Store>;
  /** Closes a store and opens another on what it left; `null` for an engine that keeps nothing. */
  readonly reopen: ((store: Store) => Promise<Store>) | null;
  /** Whether a text, of characters as random as those of a hash, stands anywhere in what a store has written; left out for an engine that writes nowhere. */
  readonly holds?: (store: Store, text: string) => Promise<boolean>;
  /** After the last store is closed. */
  stop(): Promise<void>;
}
