import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectRedis } from "../../../src/store/redis/inspect.ts";
import { run, start } from "../../support/command.ts";
import { temporaryFolder } from "../../support/one-test.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { freePort } from "../../support/sixpack.ts";

const ANY_PORTS = ["--port", "0", "--web-port", "0"];

describe("sixpack doctor", () => {
  it("finds a fresh folder in order, without making it", async () => {
    const cwd = await temporaryFolder();
    const { code, stdout } = await run({ args: ["doctor", ...ANY_PORTS], cwd });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/^fail/m);
    expect(stdout).toContain(`ok    data folder: ${join(cwd, "data")} (to be made)\n`);
    expect(stdout).toContain("ok    store: empty: nothing has been recorded yet\n");
  });

  it("holds tallies to records where it is asked to, and leaves a folder in use alone", async () => {
    const cwd = await temporaryFolder();
    const server = start({ args: ["start", ...ANY_PORTS], cwd });
    const [, api = ""] = await server.printed(/API +(\S+)/);
    for (const client of ["a", "b", "c"]) {
      await fetch(`${api}/participate?experiment=e&alternatives=x&alternatives=y&client_id=${client}`);
      await fetch(`${api}/convert?experiment=e&client_id=${client}&kpi=sale&value=2.5`);
      await fetch(`${api}/convert?experiment=e&client_id=${client}&kpi=sale&value=4`);
    }
    const during = await run({ args: ["doctor", "--records", ...ANY_PORTS], cwd });
    expect(during.stdout).toContain("warn  records: not checked: a running process has the folder open");
    await server.stop();
    const after = await run({ args: ["doctor", "--records", ...ANY_PORTS], cwd });
    expect(after.stdout).toMatch(/^ok {4}records of e: agree with its \d+ tallies$/m);
    expect([during.code, after.code]).toEqual([0, 0]);
  });

  it("fails on a bad configuration, a folder that is a file, and a port in use, and says what to do", async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, "data"), "");
    const server = start({ args: ["--storage", "memory", "--port", "0"] });
    const [, port = ""] = await server.printed(/API +http:\/\/localhost:(\d+)/);
    const bad = await run({ args: ["doctor", "--set", "prot=1"], cwd });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain(
      "fail  configuration: prot: expected a key of the configuration (did you mean `port`?)",
    );
    const occupied = await run({ args: ["doctor", "--port", "0", "--web-port", port], cwd });
    expect(occupied.stdout).toContain(`${port} is served by a running Sixpack`);
    expect(occupied.stdout).toMatch(/^fail {2}data folder: .* is no folder → correct `data_dir`$/m);
    expect(occupied.code).toBe(1);
  });

  it("knows a running server by its paths, where the banner's first call finds it", async () => {
    const paths = ["--set", "base_path=/api", "--set", "web_base_path=/ab", "--set", "auth=open"];
    const memory = ["--storage", "memory", ...paths];
    const server = start({ args: ["start", "--port", "0", "--web-port", "0", ...memory] });
    const [, call = ""] = await server.printed(/curl "(.+)"/);
    expect((await fetch(call)).status).toBe(200);
    const [, port = "", webPort = ""] = /:(\d+)\/api\n +Dashboard +\S+:(\d+)\/ab\n/.exec(server.stdout) ?? [];
    const { stdout } = await run({ args: ["doctor", "--port", port, "--web-port", webPort, ...memory] });
    expect(stdout).toContain(`API port: ${port} is served by a running Sixpack`);
    expect(stdout).toContain(`dashboard port: ${webPort} is served by a running Sixpack`);
  });

  it("warns of settings that make a server useless", async () => {
    const cwd = await temporaryFolder();
    const { stdout } = await run({ args: ["doctor", ...ANY_PORTS, "--set", "enabled=false"], cwd });
    expect(stdout).toContain("warn  enabled: false: everybody gets the control, nothing is recorded");
  });

  it("judges a Redis: reachable, able to keep what it is given", async () => {
    const port = await freePort();
    const args = ["doctor", ...ANY_PORTS, "--records", "--set", `redis_port=${port}`];
    const absent = await run({ args });
    expect(absent.code).toBe(1);
    expect(absent.stdout).toMatch(/^fail {2}redis: can't be reached: .*ECONNREFUSED/m);
    const redis = await RedisServer.start("--port", String(port), "--maxmemory", "50mb");
    const good = await run({ args });
    expect(good.stdout).toMatch(/^ok {4}redis: (?:Redis|Valkey) \d+\.\d+/m);
    expect(good.stdout).toContain("ok    redis memory: noeviction at 52428800 bytes");
    expect(good.stdout).toContain("warn  redis durability: ");
    expect(good.code).toBe(0);
    expect(good.stdout).toContain("ok    redis writes: taken");
    await redis.command("REPLICAOF", "127.0.0.1", "1");
    const replica = await run({ args });
    expect(replica.stdout).toMatch(/^fail {2}redis writes: Expected Redis to answer, got: READONLY .* → mend that/m);
    expect(replica.code).toBe(1);
    await redis.command("REPLICAOF", "NO", "ONE");
    await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    const evicting = await run({ args });
    expect(evicting.stdout).toContain(
      "fail  redis memory: allkeys-lru drops clients at the limit → set maxmemory-policy",
    );
    expect(evicting.code).toBe(1);
    await redis.stop();
  });

  it("takes no slow answer for two clocks that differ", async () => {
    const redis = await RedisServer.start();
    const asked = [-60_000, 60_000].map((apartMs) => Date.now() + apartMs);
    const slow = await inspectRedis({ socketPath: redis.socketPath }, () => asked.shift() ?? 0);
    expect(slow.clockDifferenceMs).toBe(0);
    const ahead = await inspectRedis({ socketPath: redis.socketPath }, () => Date.now() + 3_600_000);
    expect(ahead.clockDifferenceMs).toBeGreaterThan(3_000_000);
    await redis.stop();
  });
});
