/** Two processes on one Redis: what one does, the other agrees on. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import * as make from "../support/make.ts";
import { participantsOf } from "./fixtures.ts";
import { sharedRedis } from "./shared-redis.ts";

const redis = sharedRedis();
const run = promisify(execFile);
const script = fileURLToPath(new URL("../support/participate-process.ts", import.meta.url));
const rawText = new URL("../../../scripts/raw-text.mjs", import.meta.url).href;

test("two processes on one Redis give 10,000 clients that ask both at once one alternative each, and count each once", async () => {
  const [store] = await redis.openTwo();
  const experiment = await make.created(store, make.draft({ name: "processes" }));
  const ask = async (alternative: number) => {
    const words = [redis.server.socketPath, redis.prefix, "processes", "10000", String(alternative)];
    const { stdout } = await run(process.execPath, ["--import", "tsx", "--import", rawText, script, ...words]);
    return stdout.trim();
  };
  const [first, second] = await Promise.all([ask(0), ask(1)]);
  expect(first).toMatch(/^[01]{10000}$/);
  expect(second).toBe(first);
  expect(await participantsOf(store, experiment)).toBe(10_000);
  const zeros = [...first].filter((digit) => digit === "0").length;
  const tallies = await store.tallies.read(experiment);
  expect(tallies.find(({ assignment }) => assignment === assigned(0))?.clients ?? 0).toBe(zeros);
});
