import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { Agent, createServer, get } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DRAIN_MS_MAX } from "../../src/ops/shutdown.ts";
import { type Command, run, SIXPACK_WEB, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { freePort } from "../support/sixpack.ts";

const ANY_PORTS = ["--port", "0", "--web-port", "0"];
const FIRST_CALL = "/participate?experiment=button-color&alternatives=red&alternatives=blue&client_id=visitor-1";

async function urlsOf(command: Command): Promise<{ api: string; dashboard: string }> {
  const [, api = "", dashboard = ""] = await command.printed(/API +(\S+)\n +Dashboard +(\S+)\n/);
  return { api, dashboard };
}

async function json(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

describe("sixpack start", () => {
  it("serves API and dashboard, and prints both addresses and a call to paste", async () => {
    const cwd = await temporaryFolder();
    const command = start({ args: ["start", ...ANY_PORTS], cwd });
    const { api, dashboard } = await urlsOf(command);
    const [, pasted = ""] = await command.printed(/^ {2}curl "(.*)"$/m);
    expect(await json(pasted)).toMatchObject({ status: "ok", experiment: { name: "button-color" } });
    expect(await json(`${api}/_status`)).toMatchObject({ status: "ok" });
    expect(await json(`${dashboard}/experiments/button-color.json`)).toMatchObject({ total_participants: 1 });
  });

  it("keeps what was recorded over an orderly stop, which exits with 0", async () => {
    const cwd = await temporaryFolder();
    const first = start({ args: ["start", ...ANY_PORTS], cwd });
    const answer = await json((await urlsOf(first)).api + FIRST_CALL);
    expect((await first.stop("SIGTERM")).code).toBe(0);
    const second = start({ args: ["start", ...ANY_PORTS], cwd });
    const { api, dashboard } = await urlsOf(second);
    expect(await json(api + FIRST_CALL)).toEqual(answer);
    expect(await json(`${dashboard}/experiments/button-color.json`)).toMatchObject({ total_participants: 1 });
    expect((await second.stop("SIGINT")).code).toBe(0);
  });

  it("ends a stop at once although a client keeps its connection open, and another one never used his", async () => {
    const command = start({ args: ["start", "--storage", "memory", ...ANY_PORTS] });
    const { api } = await urlsOf(command);
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve) => get(api, { agent }, (response) => response.resume().once("end", resolve)));
    const { hostname, port } = new URL(api);
    const silent = connect(Number(port), hostname);
    await once(silent, "connect");
    const { code, stderr } = await command.stop();
    expect(code).toBe(0);
    // By its own clock: after so long it would have cut the connection.
    const [stopping, stopped] = ["stopping", "stopped"].map((msg) => loggedAtMs(stderr, msg));
    expect((stopped ?? Number.NaN) - (stopping ?? Number.NaN)).toBeLessThan(DRAIN_MS_MAX);
    agent.destroy();
    silent.destroy();
  });

  it("logs JSON lines on stderr, and readable ones with SIXPACK_DEBUG", async () => {
    const plain = start({ args: ["start", "--storage", "memory", ...ANY_PORTS] });
    await urlsOf(plain);
    const lines = (await plain.stop()).stderr.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["started", "stopping", "stopped"]);
    const debug = start({ args: ["start", "--storage", "memory", ...ANY_PORTS], env: { SIXPACK_DEBUG: "true" } });
    await urlsOf(debug);
    expect((await debug.stop()).stderr).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}started /);
  });

  it("says which process has the data folder", async () => {
    const cwd = await temporaryFolder();
    const owner = start({ args: ["start", ...ANY_PORTS], cwd });
    await urlsOf(owner);
    const { code, stderr } = await run({ args: ["start", ...ANY_PORTS], cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${owner.child.pid} `);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("says which port is in use and how to choose another", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const { port } = blocker.address() as AddressInfo;
    const args = ["start", "--storage", "memory", "--port", "0", "--web-port", String(port)];
    const { code, stderr } = await run({ args });
    blocker.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Port ${port} is in use by another program. Choose another one with \`--set web_port=…\` or ` +
        `SIXPACK_CONFIG_WEB_PORT, or stop that program; \`lsof -i :${port}\` names it.\n`,
    );
  });

  it("asks for a login where one is configured", async () => {
    const users = "ann:admin:scrypt.15.8.3.c2FsdHNhbHRzYWx0c2FsdA.aGFzaA";
    const args = ["start", "--storage", "memory", ...ANY_PORTS, "--set", "auth=password", "--set", `users=${users}`];
    const server = start({ args });
    const [, dashboard = ""] = await server.printed(/Dashboard +(\S+)/);
    const response = await fetch(`${dashboard}/experiments.json`);
    await response.text();
    expect(response.status).toBe(401);
    expect((await server.stop()).code).toBe(0);
  });
});

describe("sixpack and sixpack-web", () => {
  it("serve the API and the dashboard of one Redis, configured by a file of the original", async () => {
    const port = await freePort();
    const redis = await RedisServer.start("--port", String(port));
    const folder = await temporaryFolder();
    const file = join(folder, "config.yml");
    await writeFile(file, `redis_host: localhost\nredis_port: ${port}\nredis_db: 15\nsecret_key: 7d1f0c93b5\n`);
    const [apiPort, webPort] = [await freePort(), await freePort()];
    const env = { SIXPACK_CONFIG: file, SIXPACK_PORT: String(apiPort), SIXPACK_WEB_PORT: String(webPort) };
    const api = start({ env });
    const web = start({ script: SIXPACK_WEB, env });
    expect((await api.printed(/API +(\S+)/))[1]).toBe(`http://localhost:${apiPort}`);
    expect((await web.printed(/Dashboard +(\S+)/))[1]).toBe(`http://localhost:${webPort}`);
    expect(api.stdout).not.toContain("Dashboard");
    await json(`http://localhost:${apiPort}${FIRST_CALL}`);
    expect(await json(`http://localhost:${webPort}/experiments/button-color.json`)).toMatchObject({
      total_participants: 1,
    });
    expect((await api.stop()).code).toBe(0);
    expect((await web.stop()).code).toBe(0);
    await redis.stop();
  });

  /** The sample files of Sixpack 2.7: `config.yml` of its repository, and the one that its README shows. */
  const ROBOTS =
    "$^|trivial|facebook|MetaURI|butterfly|google|amazon|goldfire|sleuth|xenu|msnbot|SiteUptime|Slurp|WordPress|ZIBB|ZyBorg|pingdom|bot|yahoo|slurp|java|fetch|spider|url|crawl|oneriot|abby|commentreader|twiceler";
  const SAMPLES = [
    `enabled: True

redis_port: 6379
redis_host: localhost
redis_prefix: sxp
redis_db: 15

metrics: false
statsd_url: 'udp://localhost:8125/sixpack'


robot_regex: ${ROBOTS}
ignored_ip_addresses: []

asset_path: gen
secret_key: '<your secret key here>'
`,
    `redis_port: 6379                            # Redis port
redis_host: localhost                       # Redis host
redis_prefix: sixpack                       # all Redis keys will be prefixed with this
redis_db: 15                                # DB number in redis

metrics: false                              # send metrics to StatsD (response times, # of calls, etc)?
statsd_url: 'udp://localhost:8125/sixpack'  # StatsD url to connect to (used only when metrics: true)

# The regex to match for robots
robot_regex: ${ROBOTS}
ignored_ip_addresses: []                    # List of IP

asset_path: gen                             # Path for compressed assets to live. This path is RELATIVE to sixpack/static
secret_key: '<your secret key here>'        # Random key (any string is valid, required for sixpack-web to run)
`,
  ];

  it.each(SAMPLES)("start with a sample file of the original as it stands, placeholder included", async (sample) => {
    const port = await freePort();
    const redis = await RedisServer.start("--port", String(port));
    const folder = await temporaryFolder();
    const file = join(folder, "config.yml");
    // Only the port is another one: the machine's own Redis is not ours.
    await writeFile(file, sample.replace("redis_port: 6379", `redis_port: ${port}`));
    const env = { SIXPACK_CONFIG: file, SIXPACK_PORT: "0", SIXPACK_WEB_PORT: "0" };
    const api = start({ env });
    const web = start({ script: SIXPACK_WEB, env });
    const [, apiUrl = ""] = await api.printed(/API +(\S+)/);
    const [, webUrl = ""] = await web.printed(/Dashboard +(\S+)/);
    await json(apiUrl + FIRST_CALL);
    const page = await fetch(`${webUrl}/experiments/button-color/`);
    const cookie = (page.headers.get("Set-Cookie") ?? "").split(";", 1)[0] ?? "";
    const [, token = ""] = /name="_csrf_token" value="([^"]+)"/.exec(await page.text()) ?? [];
    const body = new URLSearchParams({ paused: "true", _csrf_token: token });
    const paused = await fetch(`${webUrl}/experiments/button-color/pause`, {
      method: "POST",
      headers: { cookie },
      body,
      redirect: "manual",
    });
    expect(paused.status).toBe(302);
    expect((await api.stop()).stderr).not.toContain("secret_key");
    const { stderr } = await web.stop();
    expect(stderr.match(/`secret_key` is a placeholder/g)).toHaveLength(1);
    expect(stderr).not.toContain("your secret key here");
    await redis.stop();
  });

  it.each(["temp", "<your secret key here>"])("refuse %j as the key of a login", async (secret) => {
    const env = { SIXPACK_CONFIG_SECRET: secret, SIXPACK_CONFIG_ADMIN_PASSWORD: "correct horse battery" };
    const { code, stderr } = await run({ script: SIXPACK_WEB, args: ["--port", "0"], env });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("secret_key: expected a random text instead of a plac"),
    ]);
  });

  it("start without Redis, and serve as soon as it is there", async () => {
    const port = await freePort();
    const command = start({ args: ["--port", "0", "--set", `redis_port=${port}`] });
    const [, api = ""] = await command.printed(/API +(\S+)/);
    expect((await fetch(api + FIRST_CALL)).status).toBe(503);
    const redis = await RedisServer.start("--port", String(port));
    await expect.poll(async () => (await fetch(api + FIRST_CALL)).status).toBe(200);
    await command.stop();
    await redis.stop();
  });
});

function loggedAtMs(stderr: string, msg: string): number {
  const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
  return Date.parse(lines.map((line) => JSON.parse(line)).find((entry) => entry.msg === msg)?.time);
}
