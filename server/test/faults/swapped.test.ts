/**
 * Redis is flushed, or another database takes its place, under a running server: nothing is recorded there, the log says why
 * once, and the server goes on with the store that it had. And a server that stood still itself throws nothing away.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LAYOUT } from "../../src/store/store-id.ts";
import { run } from "../support/command.ts";
import { stopping } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { type Sixpack, startSixpack } from "../support/sixpack.ts";

async function serve(redis: RedisServer, database = "0"): Promise<Sixpack> {
  const environment = {
    SIXPACK_CONFIG_REDIS_SOCKET: redis.socketPath,
    SIXPACK_CONFIG_REDIS_DB: database,
  };
  return stopping(await startSixpack(environment));
}

async function status({ url }: Sixpack, path = "/readyz"): Promise<number> {
  return (await fetch(`${url}${path}`)).status;
}

function participate(client: string): string {
  return `/participate?experiment=button&alternatives=red&alternatives=blue&client_id=${client}`;
}

/** How often the log says that writes fail, with these words, and that they succeed again. */
function told(sixpack: Sixpack, words: string): readonly [lost: number, regained: number] {
  const lines = sixpack.log().split("\n");
  const count = (message: string, also = "") =>
    lines.filter((line) => line.includes(`"msg":"${message}"`) && line.includes(also)).length;
  return [count("the store takes no writes", words), count("the store takes writes again")];
}

describe("a Redis under a running server", () => {
  it("that is flushed is refused, told once, made anew by nobody, and taken by a restart", async () => {
    const redis = stopping(await RedisServer.start());
    const sixpack = await serve(redis);
    expect(await status(sixpack, participate("ann"))).toBe(200);
    await redis.command("FLUSHALL");
    await expect.poll(() => status(sixpack)).toBe(503);
    expect(await status(sixpack, participate("ben"))).toBe(503);
    await expect.poll(() => told(sixpack, "it was flushed")).toEqual([1, 0]);
    expect(await redis.command("DBSIZE")).toBe(":0\r\n");
    expect(sixpack.log()).not.toContain("    at ");
    await sixpack.stop();
    expect(await status(await serve(redis), participate("ben"))).toBe(200);
  });

  it("whose place another store takes is refused, and taken up again when it is back", async () => {
    const redis = stopping(await RedisServer.start());
    const [ours, theirs] = [await serve(redis, "0"), await serve(redis, "1")];
    expect(await status(ours, participate("ann"))).toBe(200);
    expect(await status(theirs, participate("ben"))).toBe(200);
    await redis.command("SWAPDB", "0", "1");
    for (const sixpack of [ours, theirs]) {
      await expect.poll(() => status(sixpack)).toBe(503);
      expect(await status(sixpack, participate("new"))).toBe(503);
    }
    await redis.command("SWAPDB", "0", "1");
    for (const sixpack of [ours, theirs]) {
      await expect.poll(() => told(sixpack, "got another store")).toEqual([1, 1]);
      expect(await status(sixpack, participate("new"))).toBe(200);
    }
  });
});

describe("a Redis of a later version", () => {
  it("is refused at the start, and by doctor", async () => {
    const redis = stopping(await RedisServer.start());
    await redis.command("SET", "sxp:store", JSON.stringify({ id: "later", layout: LAYOUT + 1 }));
    const settings = ["--set", `redis_socket=${redis.socketPath}`, "--set", "redis_db=0"];
    for (const args of [["start", "--port", "0", "--web-port", "0"], ["doctor", "--port", "0"], ["export"]]) {
      const { code, stdout, stderr } = await run({ args: [...args, ...settings] });
      expect(code).toBe(1);
      expect(`${stdout}${stderr}`).toContain("a later version of Sixpack has written it");
    }
  });
});

describe("a server that stood still", () => {
  it("reads what lies there, and answers every call when it goes on", async () => {
    const redis = stopping(await RedisServer.start());
    const sixpack = await serve(redis);
    expect(await status(sixpack, participate("known"))).toBe(200);
    for (const round of [1, 2, 3]) {
      sixpack.process.kill("SIGSTOP");
      // Longer than any silence that the connection may have, which is what is tried here.
      await sleep(3_000);
      const calls = Promise.all(
        ["a", "b", "c", "d", "e"].map((client) => status(sixpack, participate(`${client}${round}`))),
      );
      sixpack.process.kill("SIGCONT");
      expect(await calls).toEqual([200, 200, 200, 200, 200]);
    }
    expect(sixpack.log()).not.toContain("trouble");
  });
});
