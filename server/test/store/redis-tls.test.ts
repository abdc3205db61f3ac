/** Redis over TLS, with certificates of the test's own, as the configuration names them. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { Certificates } from "../support/certificates.ts";
import { configOf } from "../support/config.ts";
import * as make from "../support/make.ts";
import { clusterPort } from "../support/ports.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { RedisSentinels } from "../support/redis-sentinels.ts";
import { RedisServer } from "../support/redis-server.ts";

let certificates: Certificates;
let server: RedisServer;
let port: number;

beforeAll(async () => {
  certificates = await Certificates.make();
  port = await clusterPort();
  server = await RedisServer.start(
    ...["--bind", "127.0.0.1", "--requirepass", "secret", ...certificates.serving(port)],
  );
});
afterAll(async () => {
  await server.stop();
  await certificates.remove();
});

async function pinged(flags: Readonly<Record<string, string>>): Promise<string> {
  const errors: string[] = [];
  const store = await openStore(configOf(flags), (error) => errors.push(error.message), true);
  try {
    return await answerOf(store, errors);
  } finally {
    await store.close();
  }
}

/** How a store says where it is, or why it is not there. */
async function answerOf(store: Store, errors: readonly string[]): Promise<string> {
  try {
    await store.ping();
    return (await store.status()).summary;
  } catch (error) {
    return errors.join("; ") || String(error);
  }
}

/** With patience: a handshake takes a busy machine long. */
function files(): Readonly<Record<string, string>> {
  return { ...certificates.configured, redis_socket_timeout: "60" };
}

describe("Redis over TLS", () => {
  it("is reached by host and port with redis_tls, an authority and a client's certificate", async () => {
    const address = { redis_host: "localhost", redis_port: String(port), redis_password: "secret" };
    expect(await pinged({ ...address, redis_tls: "true", ...files() })).toContain(`at localhost:${port}/15`);
  });

  it("is reached by a URL that starts with rediss://", async () => {
    const url = `rediss://default:secret@localhost:${port}/2`;
    expect(await pinged({ redis_url: url, ...files() })).toContain(`at localhost:${port}/2`);
  });

  it("is refused where the authority is unknown", async () => {
    const { redis_tls_ca: _ca, ...own } = files();
    expect(await pinged({ redis_url: `rediss://:secret@localhost:${port}`, ...own })).toMatch(/certificate/);
  });

  it("is refused where the certificate has another name, unless that name is given", async () => {
    const url = `rediss://:secret@127.0.0.1:${port}`;
    expect(await pinged({ redis_url: url, ...files() })).toMatch(/altnames|does not match/i);
    const named = { ...files(), redis_tls_server_name: "localhost" };
    expect(await pinged({ redis_url: url, ...named })).toContain(`at 127.0.0.1:${port}`);
  });

  it("says which file can't be read", async () => {
    const options = { redis_url: `rediss://localhost:${port}`, redis_tls_ca: join(certificates.folder, "none.pem") };
    await expect(pinged(options)).rejects.toMatchObject({ detail: expect.stringContaining("`redis_tls_ca`") });
  });
});

/** The certificates are for `localhost`; nodes and masters name each other by address. */
const NAMED = { redis_tls_server_name: "localhost" };

/** Of one store, since connecting to several machines may take longer than a call waits, and longer for each new store. */
async function expectPing(flags: Readonly<Record<string, string>>, wanted: RegExp): Promise<void> {
  const errors: string[] = [];
  const store = await openStore(configOf(flags), (error) => errors.push(error.message), true);
  try {
    await expect.poll(() => answerOf(store, errors)).toMatch(wanted);
  } finally {
    await store.close();
  }
}

function listOf(addresses: readonly { readonly host: string; readonly port: number }[]): string {
  return addresses.map(({ host, port: own }) => `${host}:${own}`).join(",");
}

describe("a Cluster over TLS", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await RedisCluster.start(0, (own) => [...certificates.serving(own), "--tls-cluster", "yes"]);
  });
  afterAll(() => cluster.stop());

  it("is reached in every one of its masters, and by its name only", async () => {
    const flags = { redis_cluster_nodes: listOf(cluster.addresses), redis_tls: "true", ...files() };
    await expectPing({ ...flags, ...NAMED }, /the Cluster of/);
    await expectPing(flags, /altnames|does not match/i);
    const store = await openStore(configOf({ ...flags, ...NAMED }), () => {}, true);
    // Twelve names lie on all of three masters, or the odds were 3 × (2/3)^12 = 2 %; the names are fixed, so it is never.
    for (let number = 0; number < 12; number += 1) {
      const create = () => make.created(store, make.draft({ name: `secured-${number}` })).catch(() => undefined);
      await expect.poll(create).toBeDefined();
    }
    expect(await store.definitions.list()).toHaveLength(12);
    for (const { server: master } of cluster.masters) expect(await master.command("DBSIZE")).not.toBe(":0\r\n");
    await store.close();
  });
});

describe("Sentinels over TLS, with passwords of their own", () => {
  let trio: RedisSentinels;
  beforeAll(async () => {
    trio = await RedisSentinels.start({ certificates, sentinelPassword: "watch", user: ["app", "secret"] });
  });
  afterAll(() => trio.stop());

  const flags = () => ({
    redis_sentinels: listOf(trio.addresses),
    redis_sentinel_service_name: RedisSentinels.NAME,
    redis_tls: "true",
    ...NAMED,
    ...files(),
  });

  it("name a master, which has another account", async () => {
    const accounts = { redis_user: "app", redis_password: "secret", redis_sentinel_password: "watch" };
    await expectPing({ ...flags(), ...accounts }, /of Sentinels/);
  });

  it("are not understood without their password, or with that of the master", async () => {
    const account = { redis_user: "app", redis_password: "secret" };
    await expectPing({ ...flags(), ...account }, /NOAUTH|Authentication/i);
    await expectPing({ ...flags(), ...account, redis_sentinel_password: "secret" }, /WRONGPASS/);
  });

  it("name a master that refuses a wrong password itself", async () => {
    const accounts = { redis_user: "app", redis_password: "watch", redis_sentinel_password: "watch" };
    await expectPing({ ...flags(), ...accounts }, /WRONGPASS/);
  });

  it("are followed to the promoted replica", async () => {
    const accounts = { redis_user: "app", redis_password: "secret", redis_sentinel_password: "watch" };
    await trio.expectFailure();
    await trio.master.kill();
    await trio.promoted();
    await expectPing({ ...flags(), ...accounts }, /of Sentinels/);
  });
});
