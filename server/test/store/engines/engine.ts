/** What a test has to know of an engine. One file in this folder per engine, one line in each test that loops over them. */
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Store } from "../../../src/store/store.ts";

export interface EngineUnderTest {
  readonly name: string;
  /** Before the first store is opened: servers, folders. */
  start(): Promise<void>;
  /** A store on an empty place of its own. */
  open(): Promise<Store>;
  /** Closes a store and opens another on what it left; `null` for an engine that keeps nothing. */
  readonly reopen: ((store: Store) => Promise<Store>) | null;
  /**
   * Whether a text, of characters as random as those of a hash, stands anywhere in what a store has written; left out
   * for an engine that writes nowhere.
   */
  readonly holds?: (store: Store, text: string) => Promise<boolean>;
  /** After the last store is closed. */
  stop(): Promise<void>;
}

/** Opens a store for one test; closed after it. */
export type Open = () => Promise<Store>;

/** Has the engine run for as long as the tests of a `describe` do. */
export function useEngine(engine: EngineUnderTest): Open {
  const opened: Store[] = [];
  beforeAll(() => engine.start());
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });
  afterAll(() => engine.stop());
  return async () => {
    const store = await engine.open();
    opened.push(store);
    return store;
  };
}
