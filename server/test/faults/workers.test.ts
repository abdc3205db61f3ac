/** A worker that is killed while it serves: its connections break, the others go on, and another takes its place. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { closing, stopping } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { startSixpack } from "../support/sixpack.ts";
import { startLoad } from "./load.ts";
import { expectSound } from "./sound.ts";

it("loses nothing that was acknowledged when workers are killed", async () => {
  const redis = stopping(await RedisServer.start());
  const environment = { SIXPACK_CONFIG_REDIS_SOCKET: redis.socketPath, SIXPACK_CONFIG_WORKERS: "2" };
  const sixpack = stopping(await startSixpack(environment));
  const { pid } = sixpack.process;
  const workers = () => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  const logged = (message: string) => sixpack.log().split(`"msg":"${message}"`).length - 1;
  // Two workers and no fewer: with one of one killed there is nobody to go on.
  await expect.poll(() => logged("supervising")).toBe(1);
  const load = startLoad(sixpack.url);
  await load.running();
  for (let kills = 0; kills < 3; kills += 1) {
    const [victim = 0] = workers();
    process.kill(victim, "SIGKILL");
    await expect.poll(() => logged("worker replaced")).toBe(kills + 1);
  }
  await load.recovered();
  const report = await load.stop();
  // Only connections broke; nobody was refused.
  expect([...report.refusals.keys()].filter((status) => status !== 0)).toEqual([]);
  const store = closing(await RedisStore.open({ ...PATIENT, socketPath: redis.socketPath, database: 15 }));
  await expectSound(store, report, { nothingLost: true });
});
