/** The ways to say where Redis is, each against a real server. */
import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RedisOptions } from "../../src/store/redis/redis-options.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";
import { PATIENT } from "./engines/redis.ts";

let server: RedisServer;
let port: number;

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (address === null || typeof address === "string") throw new Error("Expected a port, got none");
  return address.port;
}

beforeAll(async () => {
  port = await freePort();
  const user = ["--user", "web", "on", ">secret", "~sxp:*", "~shop:*", "+@all"];
  server = await RedisServer.start("--port", String(port), "--bind", "127.0.0.1", ...user);
});
afterEach(() => server.command("FLUSHALL"));
afterAll(() => server.stop());

/** Creates an experiment and tells in which database its definition lies, and under which prefix. */
async function whereItLies(options: RedisOptions): Promise<string | undefined> {
  const store = await RedisStore.open({ ...PATIENT, ...options });
  await make.created(store, make.draft({ name: "a" }));
  await store.close();
  return /db(\d+):keys=5/.exec(await server.command("INFO", "keyspace"))?.[1];
}

describe("the options of the Redis store", () => {
  it("take host, port and database", async () => {
    expect(await whereItLies({ host: "127.0.0.1", port, database: 3 })).toBe("3");
  });

  it("take a URL with user, password and database", async () => {
    expect(await whereItLies({ url: `redis://web:secret@127.0.0.1:${port}/2` })).toBe("2");
  });

  it("take user and password apart from the address", async () => {
    expect(await whereItLies({ socketPath: server.socketPath, username: "web", password: "secret" })).toBe("0");
  });

  it("take a prefix, which every key carries: the user may touch no other", async () => {
    const account = { socketPath: server.socketPath, username: "web", password: "secret" };
    expect(await whereItLies({ ...account, prefix: "shop" })).toBe("0");
    const elsewhere = await RedisStore.open({ ...PATIENT, ...account, prefix: "other" });
    await expect(make.created(elsewhere, make.draft({ name: "a" }))).rejects.toMatchObject({
      code: "store-unavailable",
    });
    await elsewhere.close();
  });

  it("name the server and the address without secrets", async () => {
    const store = await RedisStore.open({ ...PATIENT, url: `redis://web:secret@127.0.0.1:${port}/2` });
    const { engine, summary } = await store.status();
    expect(engine).toBe("redis");
    expect(summary).toMatch(/^(Redis|Valkey) \d+\.\d+\.\d+ at 127\.0\.0\.1:\d+\/2$/);
    await store.close();
  });

  it("hear of connections that are lost", async () => {
    const errors: Error[] = [];
    const lonely = await RedisServer.start();
    const store = await RedisStore.open({
      ...PATIENT,
      socketPath: lonely.socketPath,
      onConnectionError: (error) => errors.push(error),
    });
    expect(errors).toEqual([]);
    await lonely.stop();
    await expect(store.ping()).rejects.toMatchObject({ code: "store-unavailable" });
    expect(errors[0]).toBeInstanceOf(Error);
    await store.close();
  });
});

describe("a machine without redis-server", () => {
  it("fails these tests with the command that installs it", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = "/nowhere";
    try {
      await expect(RedisServer.start()).rejects.toThrow("sudo apt-get install -y redis-server");
    } finally {
      process.env["PATH"] = path;
    }
  });
});
