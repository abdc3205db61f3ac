import { expect, it } from "vitest";
import { KeyedTurns } from "../../src/lib/keyed-turns.ts";

/** Work that ends when it is told to, in the order in which it began. */
function recorder() {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => (hasWaited: boolean) => {
    began.push(hasWaited ? `${name} after waiting` : name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { began, work, end };
}

it("work on one key waits its turn, and work on others does not", async () => {
  const turns = new KeyedTurns();
  const { began, work, end } = recorder();
  const all = [
    turns.run(["a", "b"], work("first")),
    turns.run(["b", "c"], work("second")),
    turns.run(["c", "a"], work("third")),
    turns.run(["d"], work("other")),
  ];
  expect(began).toEqual(["first", "other"]);
  await end("first");
  expect(began.slice(2)).toEqual(["second after waiting"]);
  await end("second");
  expect(began.slice(3)).toEqual(["third after waiting"]);
  await end("third");
  await end("other");
  expect(await Promise.all(all)).toEqual(["first", "second", "third", "other"]);
});

it("work that fails lets the next one have its turn, and later work waits for nothing", async () => {
  const turns = new KeyedTurns();
  const failing = turns.run(["a"], () => Promise.reject(new Error("no")));
  const next = turns.run(["a"], async (hasWaited) => hasWaited);
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await turns.run(["a"], async (hasWaited) => hasWaited)).toBe(false);
});
