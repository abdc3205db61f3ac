/** What tests of the queue need: a storage, and a session whose failures are kept. */
import { expect } from "vitest";
import { type Failure, Session } from "../../src/index.ts";
import type { KeyValueStorage } from "../../src/surroundings.ts";

/** A `localStorage` that outlives its page. */
export function storage(entries: Readonly<Record<string, string>> = {}): KeyValueStorage {
  const items = new Map(Object.entries(entries));
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** @param baseUrl of a server that misbehaves, with how and for whom */
export function watched(baseUrl: string, settings: { timeoutMs?: number } = {}) {
  const failures: Failure[] = [];
  const onFailure = (failure: Failure) => failures.push(failure);
  return { failures, session: new Session(baseUrl, { timeoutMs: 60_000, onFailure, ...settings }) };
}

export async function until(held: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(held).toBe(true);
}
