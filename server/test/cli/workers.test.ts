/** `--workers N` as an operator meets it: one command, several processes, one set of ports. */
import { readFileSync } from "node:fs";
import { copyFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Command, run, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { HASTY_REDIS } from "../support/patience.ts";
import { RedisServer } from "../support/redis-server.ts";
import { freePort } from "../support/sixpack.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis.stop());

function startWorkers(count: number, ...more: readonly string[]): Command {
  return start({ args: argsOf(count, more) });
}

function argsOf(count: number, more: readonly string[] = []): readonly string[] {
  const args = ["start", "--workers", String(count), "--port", "0", "--web-port", "0"];
  return [...args, "--set", `redis_socket=${redis.socketPath}`, ...more];
}

async function apiOf(command: Command): Promise<string> {
  return (await command.printed(/API +(\S+)/))[1] ?? "";
}

/** Direct children of a process, from /proc. */
function childrenOf(command: Command): readonly number[] {
  const { pid } = command.child;
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

function logged(command: Command): readonly { readonly msg: string; readonly worker?: number }[] {
  const lines = command.stderr.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line));
}

/** Every request on a connection of its own, so that the workers share them. */
async function status(url: string): Promise<number> {
  const response = await fetch(url, { headers: { connection: "close" } });
  await response.arrayBuffer();
  return response.status;
}

async function countOf(api: string, route: string): Promise<number> {
  const text = await (await fetch(`${api}/metrics`, { headers: { connection: "close" } })).text();
  const pattern = `sixpack_request_duration_seconds_count\\{(?=[^}]*route="${route}")[^}]*\\} (\\d+)`;
  return Number(new RegExp(pattern).exec(text)?.[1] ?? 0);
}

describe("sixpack start --workers", () => {
  it("serves API and dashboard from all of them, prints its addresses once, and drains all at the end", async () => {
    const command = startWorkers(2);
    const api = await apiOf(command);
    const [, dashboard = ""] = await command.printed(/Dashboard +(\S+)/);
    expect(childrenOf(command)).toHaveLength(2);
    expect(await status(`${api}/_status`)).toBe(200);
    expect(await status(`${dashboard}/_status`)).toBe(200);
    expect((await command.stop()).code).toBe(0);
    expect(command.stdout.match(/Dashboard/g)).toHaveLength(1);
    const started = logged(command).filter(({ msg }) => msg === "started");
    expect(started.map(({ worker }) => worker).sort()).toEqual([1, 2]);
    expect(logged(command).at(-1)).toMatchObject({ msg: "stopped" });
  });

  it("take nobody in once the intake is closed, and refuse no conversion of who takes part", async () => {
    const command = startWorkers(3, "--set", "csrf_disable=true");
    const api = await apiOf(command);
    const [, dashboard = ""] = await command.printed(/Dashboard +(\S+)/);
    const get = async (path: string) => {
      const response = await fetch(`${api}${path}`, { headers: { connection: "close" } });
      return (await response.json()) as { status: string; reason?: string; total_participants?: number };
    };
    const join = (client: string) =>
      get(`/participate?experiment=intake&alternatives=a&alternatives=b&client_id=${client}`);
    const known = Array.from({ length: 30 }, (_, number) => `known-${number}`);
    await Promise.all(known.map(join));
    // Newcomers and conversions keep coming while the intake is closed, at every worker.
    let isClosed = false;
    const answers: (string | undefined)[] = [];
    const visitors = [0, 1, 2].map(async (lane) => {
      for (let number = 0; !isClosed || number % 20 !== 19; number += 1) {
        answers.push((await join(`new-${lane}-${number}`)).reason);
        expect((await get(`/convert?experiment=intake&client_id=known-${number % 30}`)).status).toBe("ok");
      }
    });
    const closed = await fetch(`${dashboard}/experiments/intake/intake`, {
      method: "POST",
      headers: { accept: "application/json", connection: "close" },
      body: new URLSearchParams({ intake: "closed" }),
    });
    const { total_participants: before } = await get("/experiments/intake");
    isClosed = true;
    await Promise.all(visitors);
    expect(closed.status).toBe(200);
    expect((await get("/experiments/intake")).total_participants).toBe(before);
    expect(new Set(answers)).toEqual(new Set(["assigned", "intake-closed"]));
    expect(new Set(await Promise.all(known.map(async (client) => (await join(client)).reason)))).toEqual(
      new Set(["assigned"]),
    );
    await command.stop();
  });

  it("sign forms by one key where a placeholder is given for it, and say once that it is none", async () => {
    const args = argsOf(3, ["--set", "secret_key=<your secret key here>"]);
    const command = start({ args, env: { SIXPACK_CONFIG_SECRET: "temp" } });
    const api = await apiOf(command);
    const [, dashboard = ""] = await command.printed(/Dashboard +(\S+)/);
    await status(`${api}/participate?experiment=signed&alternatives=a&alternatives=b&client_id=1`);
    const page = await fetch(`${dashboard}/experiments/signed/`, { headers: { connection: "close" } });
    const cookie = (page.headers.get("Set-Cookie") ?? "").split(";", 1)[0] ?? "";
    const [, token = ""] = /name="_csrf_token" value="([^"]+)"/.exec(await page.text()) ?? [];
    for (let sent = 0; sent < 12; sent += 1) {
      const answer = await fetch(`${dashboard}/experiments/signed/pause`, {
        method: "POST",
        headers: { cookie, connection: "close" },
        body: new URLSearchParams({ _csrf_token: token }),
        redirect: "manual",
      });
      expect(answer.status).toBe(302);
    }
    const { stderr } = await command.stop();
    expect(stderr.match(/`secret_key` is a placeholder/g)).toHaveLength(1);
  });

  it("sums the metrics of all of them, whichever is asked", async () => {
    const command = startWorkers(2);
    const api = await apiOf(command);
    for (let call = 0; call < 20; call += 1) await status(`${api}/healthz`);
    // A call is counted when its answer is out, which may be after the caller has read it.
    await expect.poll(() => countOf(api, "healthz")).toBe(20);
    for (let scrape = 0; scrape < 4; scrape += 1) expect(await countOf(api, "healthz")).toBe(20);
  });

  it("replaces one that dies, says so, and serves meanwhile", async () => {
    const command = startWorkers(2);
    const api = await apiOf(command);
    const [victim = 0] = childrenOf(command);
    process.kill(victim, "SIGKILL");
    await expect.poll(() => logged(command).map(({ msg }) => msg)).toContain("worker replaced");
    expect(logged(command)).toContainEqual(
      expect.objectContaining({ msg: "worker died; replacing it", pid: victim, signal: "SIGKILL" }),
    );
    expect(childrenOf(command)).toHaveLength(2);
    expect(childrenOf(command)).not.toContain(victim);
    expect(await status(`${api}/_status`)).toBe(200);
  });

  it("goes on, and tries again, when a new one can't be forked", async () => {
    const node = join(await temporaryFolder(), "node");
    await copyFile(process.execPath, node);
    const command = start({ args: argsOf(2), node });
    const api = await apiOf(command);
    await rename(node, `${node}-away`);
    const [victim = 0] = childrenOf(command);
    process.kill(victim, "SIGKILL");
    const messages = () => logged(command).map(({ msg }) => msg);
    await expect.poll(messages).toContain("could not replace the worker; trying again");
    expect(await status(`${api}/_status`)).toBe(200);
    await rename(`${node}-away`, node);
    await expect.poll(messages).toContain("worker replaced");
    expect((await command.stop()).code).toBe(0);
  });

  it("stops in order while workers of the old settings are still draining", async () => {
    const command = startWorkers(2, "--set", "drain_delay=2");
    await apiOf(command);
    command.child.kill("SIGHUP");
    await expect.poll(() => logged(command).map(({ msg }) => msg)).toContain("settings reloaded");
    // Longer than two signals count as the same wish.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(childrenOf(command).length).toBeGreaterThan(2);
    expect((await command.stop()).code).toBe(0);
  });

  it("reads its settings again on SIGHUP without refusing a call", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "sixpack.yml");
    await writeFile(file, "enabled: true\n");
    const command = startWorkers(2, "--config", file);
    const api = await apiOf(command);
    const before = childrenOf(command);
    await writeFile(file, "cors_origin: https://a.example\n");
    command.child.kill("SIGHUP");
    const statuses = new Set<number>();
    await expect
      .poll(async () => {
        statuses.add(await status(`${api}/_status`));
        return logged(command).map(({ msg }) => msg);
      })
      .toContain("settings reloaded");
    expect([...statuses]).toEqual([200]);
    await expect.poll(() => childrenOf(command).filter((pid) => before.includes(pid))).toEqual([]);
    const response = await fetch(`${api}/healthz`, { headers: { origin: "https://a.example" } });
    expect(response.headers.get("access-control-allow-origin")).toBe("https://a.example");
  });

  it("takes the last of the settings that come while others are coming into force", async () => {
    const file = join(await temporaryFolder(), "sixpack.yml");
    await writeFile(file, "enabled: true\n");
    const command = startWorkers(3, "--config", file);
    const api = await apiOf(command);
    const count = (wanted: string) => logged(command).filter(({ msg }) => msg === wanted).length;
    for (const [at, site] of ["a", "b"].entries()) {
      await writeFile(file, `cors_origin: https://${site}.example\n`);
      command.child.kill("SIGHUP");
      // The first worker of the new ones; the others are still to come.
      await expect.poll(() => count("started")).toBeGreaterThan(3 + at);
    }
    await expect.poll(() => count("settings reloaded")).toBe(2);
    for (let asked = 0; asked < 6; asked += 1) {
      const headers = { origin: "https://b.example", connection: "close" };
      const response = await fetch(`${api}/healthz`, { headers });
      expect(response.headers.get("access-control-allow-origin")).toBe("https://b.example");
    }
  });

  it("lets workers of the old settings drain as long as those say", async () => {
    const file = join(await temporaryFolder(), "sixpack.yml");
    // Longer than a worker without a delay may take to its end.
    await writeFile(file, "drain_delay: 11\n");
    const command = startWorkers(2, "--config", file);
    await apiOf(command);
    const before = childrenOf(command);
    await writeFile(file, "drain_delay: 0\n");
    command.child.kill("SIGHUP");
    await expect.poll(() => logged(command).map(({ msg }) => msg)).toContain("settings reloaded");
    await expect.poll(() => childrenOf(command).filter((pid) => before.includes(pid)), { timeout: 30_000 }).toEqual([]);
    const stopped = logged(command).filter(({ msg }) => msg === "stopped");
    expect(stopped.map(({ worker }) => worker).sort()).toEqual([1, 2]);
  });

  it.each([
    ["starts", 1],
    ["brings in new settings", 3],
  ])("ends well when it is stopped while it %s", async (_, processes) => {
    const command = startWorkers(2);
    if (processes > 2) {
      await apiOf(command);
      command.child.kill("SIGHUP");
    }
    await expect.poll(() => childrenOf(command).length, { interval: 1 }).toBeGreaterThanOrEqual(processes);
    const { code, stderr } = await command.stop();
    expect(stderr).not.toContain("could not start");
    expect(code).toBe(0);
  });

  it("keeps its settings when the new ones can't be", async () => {
    const file = join(await temporaryFolder(), "sixpack.yml");
    await writeFile(file, "enabled: true\n");
    const command = startWorkers(2, "--config", file);
    const api = await apiOf(command);
    const before = childrenOf(command);
    await writeFile(file, "enabled: perhaps\n");
    command.child.kill("SIGHUP");
    await expect
      .poll(() => logged(command).map(({ msg }) => msg))
      .toContain("settings refused; the old ones stay in force");
    expect(childrenOf(command)).toEqual(before);
    expect(await status(`${api}/_status`)).toBe(200);
  });

  it("replaces one that dies by the settings in force and under its number, whatever the file says by then", async () => {
    const file = join(await temporaryFolder(), "sixpack.yml");
    await writeFile(file, "enabled: true\n");
    const command = startWorkers(2, "--config", file);
    const api = await apiOf(command);
    const messages = () => logged(command).map(({ msg }) => msg);
    // New settings, so that the first two are gone.
    command.child.kill("SIGHUP");
    await expect.poll(messages).toContain("settings reloaded");
    await expect.poll(() => childrenOf(command)).toHaveLength(2);
    await writeFile(file, "enabled: perhaps\n");
    // One after the other: a port of 0 is another one once nobody listens.
    for (const [at, victim] of childrenOf(command).entries()) {
      process.kill(victim, "SIGKILL");
      await expect.poll(() => messages().filter((msg) => msg === "worker replaced")).toHaveLength(at + 1);
    }
    expect(messages()).not.toContain("could not replace the worker; trying again");
    expect(await status(`${api}/_status`)).toBe(200);
    const started = logged(command).filter(({ msg }) => msg === "started");
    expect(started.map(({ worker }) => worker).sort()).toEqual([1, 1, 1, 2, 2, 2]);
  });

  it.each([
    ["comes to itself", false],
    ["has forgotten what it was asked", true],
  ])("waits for a Redis that takes connections and answers nothing, and serves when it %s", async (_, forgets) => {
    const port = await freePort();
    const hanging = await RedisServer.start("--port", String(port), "--bind", "127.0.0.1");
    const network = await TcpProxy.start(port);
    try {
      if (forgets) network.silence();
      else hanging.pause();
      const args = ["start", "--workers", "2", "--port", "0", "--web-port", "0"];
      // It hangs longer than each of its time-outs.
      const where = ["--set", `redis_url=redis://127.0.0.1:${network.port}`];
      const command = start({ args: [...args, ...where], env: HASTY_REDIS });
      const started = () => logged(command).filter(({ msg }) => msg === "started");
      await expect.poll(() => network.connections).toBeGreaterThan(20);
      const ended = logged(command).filter(({ msg }) => msg.startsWith("worker died"));
      expect(ended).toEqual([]);
      expect(command.child.exitCode).toBeNull();
      if (forgets) network.mend();
      else hanging.resume();
      const api = await apiOf(command);
      await expect.poll(started).toHaveLength(2);
      await expect.poll(() => status(`${api}/readyz`)).toBe(200);
      for (let client = 0; client < 8; client += 1) {
        const call = `participate?experiment=e&alternatives=a&alternatives=b&client_id=${client}`;
        await expect.poll(() => status(`${api}/${call}`)).toBe(200);
      }
      expect((await command.stop()).code).toBe(0);
    } finally {
      await network.stop();
      await hanging.stop();
    }
  });

  it("ends its workers when it is killed itself", async () => {
    const command = startWorkers(2);
    await apiOf(command);
    const workers = childrenOf(command);
    command.child.kill("SIGKILL");
    await expect.poll(() => workers.filter(isAlive)).toEqual([]);
  });

  it("is refused where one process owns what is stored", async () => {
    const { code, stderr } = await run({ args: ["start", "--workers", "2", "--storage", "embedded"] });
    expect(code).toBe(2);
    expect(stderr).toContain("workers: expected 1, because `storage` is `embedded` (one process owns the data folder");
  });

  it("ends with the reason when its workers can't start", async () => {
    const args = ["start", "--workers", "2", "--port", "0", "--web-host", "203.0.113.1", "--set", "auth=open"];
    const { code, stderr } = await run({ args: [...args, "--set", `redis_socket=${redis.socketPath}`] });
    expect(code).toBe(1);
    expect(stderr).toContain("No interface of this machine has the address 203.0.113.1.");
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
