/** Redis over TLS, with certificates of the test's own, as the configuration names them. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { openStore } from "../../src/store/open.ts";
import { clusterPort } from "../support/ports.ts";
import { RedisServer } from "../support/redis-server.ts";

let folder: string;
let server: RedisServer;
let port: number;

const openssl = (...words: readonly string[]) => promisify(execFile)("openssl", words, { cwd: folder });

/** An authority, and a certificate for localhost that it signed; both sides use it. */
async function makeCertificates(): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await openssl("req", "-x509", ...key, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem");
  await openssl("req", ...key.slice(0, 5), "-subj", "/CN=localhost", "-keyout", "own.key", "-out", "own.csr");
  await openssl("x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-out", "own.pem");
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sixpack-tls-"));
  await makeCertificates();
  port = await clusterPort();
  server = await RedisServer.start(
    ...["--tls-port", String(port), "--bind", "127.0.0.1", "--tls-auth-clients", "yes", "--requirepass", "secret"],
    ...["--tls-cert-file", join(folder, "own.pem"), "--tls-key-file", join(folder, "own.key")],
    ...["--tls-ca-cert-file", join(folder, "ca.pem")],
  );
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function pinged(flags: Readonly<Record<string, string>>): Promise<string> {
  const outcome = loadConfig({
    flags: new Map(Object.entries(flags)),
    configPath: undefined,
    env: {},
    readFile: () => undefined,
  });
  if (outcome.kind === "refused") throw new Error(outcome.problems.join("; "));
  const errors: string[] = [];
  const store = await openStore(outcome.config, (error) => errors.push(error.message));
  try {
    await store.ping();
    return (await store.status()).summary;
  } catch (error) {
    return errors.join("; ") || String(error);
  } finally {
    await store.close();
  }
}

function files(): Readonly<Record<string, string>> {
  return {
    redis_tls_ca: join(folder, "ca.pem"),
    redis_tls_cert: join(folder, "own.pem"),
    redis_tls_key: join(folder, "own.key"),
  };
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
    const options = { redis_url: `rediss://localhost:${port}`, redis_tls_ca: join(folder, "none.pem") };
    await expect(pinged(options)).rejects.toMatchObject({ detail: expect.stringContaining("`redis_tls_ca`") });
  });
});
