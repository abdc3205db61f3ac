/** A process that is killed while it brings an older store over to today's layout: the next one goes on, and nothing is lost. */
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { expectWhole, fillFolder, fillRedis } from "../store/old-layout.ts";
import { Command, run, SIXPACK } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";

/** Migrates what it opens, as all do that may write, and changes nothing. */
const DECLARE = ["declare", "fresh", "control", "bold", "plain"];

/** A module that dies as by the kernel before one call of a method, after `left` others that the condition is true of. */
function dyingAt(owner: string, method: string, left: number, condition: string): string {
  const script = `
    const { prototype } = ${owner};
    const original = prototype.${method};
    let left = ${left};
    prototype.${method} = function (...given) {
      if (${condition} && left-- === 0) process.kill(process.pid, "SIGKILL");
      return original.apply(this, given);
    };`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

/** Runs the command again and again, and kills it a step later each time, until it ends by itself. @returns the kills */
async function killed(hook: (left: number) => string, args: readonly string[], cwd: string, between = async () => {}) {
  for (let left = 0; ; left += 1) {
    const command = new Command({ script: "--import", args: [hook(left), SIXPACK, ...DECLARE, ...args], cwd });
    const { code, stderr } = await command.ended;
    if (command.child.signalCode !== "SIGKILL") {
      expect(code, stderr).toBe(0);
      return left;
    }
    await between();
  }
}

/** What `doctor` says of the records of both experiments. */
async function expectClean(args: readonly string[], cwd: string): Promise<void> {
  const { stdout } = await run({ args: ["doctor", "--records", "--port", "0", "--web-port", "0", ...args], cwd });
  expect(stdout).toMatch(/^ok {4}records of fresh: /m);
  expect(stdout).toMatch(/^ok {4}records of old: agree/m);
}

describe("a migration from layout 1 under SIGKILL", () => {
  it("of a data folder, before each of its writes, goes on and leaves all that was there", async () => {
    const cwd = await temporaryFolder();
    await fillFolder(`${cwd}/data`);
    const batches = createRequire(import.meta.url).resolve("classic-level/chained-batch.js");
    const owner = `process.getBuiltinModule("module").createRequire("/")(${JSON.stringify(batches)}).ChainedBatch`;
    // A second opening finds the records rewritten, so there is a write less to die at.
    expect(await killed((left) => dyingAt(owner, "_write", left, "true"), [], cwd)).toBe(3);
    await expectClean([], cwd);
    const store = await LocalStore.open({ folder: `${cwd}/data`, cacheSlots: 0 });
    await expectWhole(store);
    await store.close();
  });

  it("of a Redis database, before each of its writes, goes on and leaves all that was there", async () => {
    const server = await RedisServer.start();
    try {
      await fillRedis(server);
      const cwd = await temporaryFolder();
      const settings = ["--storage", "redis", "--set", `redis_socket=${server.socketPath}`, "--set", "redis_db=0"];
      const writes = `/\\bHSET\\b.*:tallies|"layout":/s.test(given[0])`;
      const hook = (left: number) => dyingAt('process.getBuiltinModule("net").Socket', "write", left, writes);
      // The next server waits until the lease of the dead one has run out: a minute, which the test takes away.
      const kills = await killed(hook, settings, cwd, async () => {
        await server.command("DEL", "sxp:lease:migration");
      });
      expect(kills).toBe(3);
      await expectClean(settings, cwd);
      const store = await RedisStore.open({ socketPath: server.socketPath, ...PATIENT });
      await expectWhole(store);
      await store.close();
    } finally {
      await server.stop();
    }
  });
});
