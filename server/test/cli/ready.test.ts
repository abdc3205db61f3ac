/** What a server still loads once it listens, counted: nothing, so that its first visitors wait for nothing either. */
import { expect, test } from "vitest";
import { start } from "../support/command.ts";
import { RedisServer } from "../support/redis-server.ts";

const PRELOAD = { NODE_OPTIONS: `--import ${new URL("../support/trace-modules.mjs", import.meta.url).href}` };
const FIRST_CALL = "/participate?experiment=button&alternatives=red&alternatives=blue&client_id=visitor-1";

/** By process that listens: what it loaded before and after it began to. */
function traced(stderr: string) {
  const processes = new Map<string, { listens: boolean; before: string[]; after: string[] }>();
  for (const [, pid = "", what = ""] of stderr.matchAll(/^trace (\d+) (.+)$/gm)) {
    const one = processes.get(pid) ?? { listens: false, before: [], after: [] };
    processes.set(pid, one);
    if (what === "listens") one.listens = true;
    else one[one.listens ? "after" : "before"].push(what.slice("loads ".length));
  }
  return [...processes.values()].filter(({ listens }) => listens);
}

test.each([1, 2])(
  "a server of %i processes loads no module after it listens, whatever it is asked",
  async (workers) => {
    const redis = await RedisServer.start();
    const args = ["start", "--workers", String(workers), "--port", "0", "--web-port", "0"];
    const command = start({ args: [...args, "--set", `redis_socket=${redis.socketPath}`], env: PRELOAD });
    const [, api = "", dashboard = ""] = await command.printed(/API +(\S+)\n +Dashboard +(\S+)\n/);
    // Each on a connection of its own, so that every worker gets some.
    const paths = [`${api}${FIRST_CALL}`, `${api}/_status`, `${dashboard}/`, `${dashboard}/experiments/button/`];
    for (const url of Array.from({ length: 4 * workers }, () => paths).flat()) {
      const response = await fetch(url, { headers: { connection: "close" } });
      expect([url, response.status]).toEqual([url, 200]);
      await response.arrayBuffer();
    }
    const processes = traced(command.stderr);
    expect(processes).toHaveLength(workers);
    for (const { before, after } of processes) {
      expect(before.filter((file) => file.includes("/pino/")).length).toBeGreaterThan(0);
      expect(after).toEqual([]);
    }
    await command.stop();
    await redis.stop();
  },
);
