/** A Redis that is older than the oldest promised is refused in words, and nothing is written to it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { REDIS_MIN, tooOld, versionIn } from "../../src/store/redis/redis-version.ts";
import { run } from "../support/command.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";
import { freePort } from "../support/sixpack.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { PATIENT } from "./engines/redis.ts";

/** As a Redis 6.2.16 that was built from its source said it, and a Valkey in the form of its source (not run). */
const SAID = {
  old: "# Server\r\nredis_version:6.2.16\r\nredis_git_sha1:00000000\r\nredis_mode:standalone\r\n",
  valkey: "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n",
};

let server: RedisServer;
let network: TcpProxy;
let said: string;

beforeAll(async () => {
  const port = await freePort();
  const user = ["--user", "quiet", "on", ">secret", "~sxp:*", "&*", "+@all", "-info"];
  server = await RedisServer.start("--port", String(port), "--bind", "127.0.0.1", ...user);
  network = await TcpProxy.start(port);
  const { product } = versionIn(await server.command("INFO", "server"));
  said = `redis_version:${product.replace("Redis ", "")}`;
});
afterAll(async () => {
  await network.stop();
  await server.stop();
});

/** No such version was made; as many characters as the server's own has. */
function older(): string {
  return "redis_version:6.2.99999".slice(0, said.length);
}

describe("the version of Redis", () => {
  it("is read as the server says it", async () => {
    expect(tooOld(versionIn(await server.command("INFO", "server")))).toBeUndefined();
    expect(tooOld(versionIn(SAID.old))).toBe("Redis 6.2.16");
    expect(versionIn(SAID.valkey)).toEqual({ product: "Valkey 8.0.1", version: [7, 2] });
    expect(tooOld(versionIn(SAID.valkey))).toBeUndefined();
    expect(versionIn("")).toEqual({ product: "Redis of unknown version", version: undefined });
    const least = (major: number, minor: number) => tooOld({ product: "it", version: [major, minor] });
    expect([least(REDIS_MIN[0] - 1, 99), least(...REDIS_MIN), least(10, 0)]).toEqual(["it", undefined, undefined]);
  });

  it("keeps a server from starting on an older one, which stays as it was; doctor says the same", async () => {
    network.put(older(), said);
    const opening = RedisStore.open({ ...PATIENT, port: network.port });
    await expect(opening).rejects.toMatchObject({
      detail: expect.stringMatching(/^Expected Redis 7\.0 or newer behind .*, got Redis 6\.2\.\d+\. Upgrade it\.$/),
    });
    expect(await server.command("DBSIZE")).toBe(":0\r\n");
    const doctor = await run({ args: ["doctor", "--set", `redis_port=${network.port}`] });
    expect(doctor.stdout).toMatch(/^fail {2}redis: Redis 6\.2\.\d+ → use 7\.0 or newer$/m);
    expect(doctor.code).toBe(1);
  });

  it("ends the service where the address leads to an older one, until it leads back", async () => {
    network.put(said, said);
    const store = await RedisStore.open({ ...PATIENT, port: network.port });
    await make.created(store, make.draft({ name: "kept" }));
    network.put(older(), said);
    network.cut();
    network.mend();
    await expect
      .poll(() => store.definitions.read("kept").catch((error: Error) => error))
      .toMatchObject({ code: "store-unavailable", detail: expect.stringContaining("got Redis 6.2.") });
    network.put(said, said);
    await expect.poll(() => store.definitions.read("kept")).toMatchObject({ name: "kept" });
    await store.close();
  });

  it("is not asked for where the user may not ask", async () => {
    const store = await RedisStore.open({
      ...PATIENT,
      socketPath: server.socketPath,
      username: "quiet",
      password: "secret",
    });
    expect((await make.created(store, make.draft({ name: "quiet" }))).name).toBe("quiet");
    await store.close();
  });
});
