/**
 * A whole server, API and dashboard, under requests of a grammar and their mutations, over real sockets: it answers no
 * 5xx, grows within bounds, says little, and its records are sound at the end. A fixed number of requests here; for
 * longer `npm run fuzz -- --minutes 10`, which goes through both engines with and without a login.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { run, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { apiRequest, mutated, send, webRequest } from "./grammar.ts";

const MINUTES = Number(process.env["SIXPACK_FUZZ_MINUTES"] ?? 0);
const SEED = Number(process.env["SIXPACK_FUZZ_SEED"] ?? 20_261_128);
/** Requests of each kind of server where no time is given. */
const REQUESTS = 1_500;
/** Sent side by side. */
const BATCH = 50;
/** What memory may come to beyond that after the first fifth: garbage that was not collected yet, caches that fill. */
const GROWTH_BYTES_MAX = 96 * 2 ** 20;
const LOG_BYTES_PER_REQUEST_MAX = 100;
const PASSWORD = "correct horse battery";

const redis = await RedisServer.start();
afterAll(() => redis.stop());

interface Kind {
  readonly storage: "embedded" | "redis";
  readonly auth: "none" | "password";
}

const ALL: readonly Kind[] = [
  { storage: "embedded", auth: "password" },
  { storage: "redis", auth: "none" },
  { storage: "embedded", auth: "none" },
  { storage: "redis", auth: "password" },
];
const KINDS = MINUTES === 0 ? ALL.slice(0, 2) : ALL;

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
}

/** Cookies and a token, as a browser that has just logged in has them. */
async function logIn(dashboard: string): Promise<{ readonly headers: string; readonly token: string }> {
  const page = await fetch(`${dashboard}/login`);
  const cookiesOf = (response: Response) => response.headers.getSetCookie().map((cookie) => cookie.split(";")[0] ?? "");
  const tokenIn = (html: string) => /name="_csrf_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
  const body = new URLSearchParams({ name: "admin", password: PASSWORD, _csrf_token: tokenIn(await page.text()) });
  const before = cookiesOf(page).join("; ");
  const answer = await fetch(`${dashboard}/login`, {
    method: "POST",
    body,
    headers: { cookie: before },
    redirect: "manual",
  });
  expect(answer.status).toBe(303);
  const session = cookiesOf(answer).find((cookie) => cookie.startsWith("sixpack_session=")) ?? "";
  const inside = await fetch(`${dashboard}/removed`, { headers: { cookie: session } });
  const cookies = [session, ...cookiesOf(inside)].join("; ");
  return { headers: `Cookie: ${cookies}`, token: tokenIn(await inside.text()) };
}

test.each(KINDS)(
  "$storage with auth $auth goes on, whatever is sent",
  async ({ storage, auth }) => {
    const cwd = await temporaryFolder();
    const store =
      storage === "redis" ? ["--set", `redis_socket=${redis.socketPath}`, "--set", `redis_prefix=${auth}`] : [];
    const settings = [
      "--storage",
      storage,
      ...store,
      ...(auth === "none" ? [] : ["--set", `admin_password=${PASSWORD}`]),
    ];
    const server = start({
      cwd,
      args: ["start", "--port", "0", "--web-port", "0", ...settings],
      env: { SIXPACK_CONFIG_SECRET: "a secret of these tests, long enough" },
    });
    const [, api = ""] = await server.printed(/API +(\S+)\n/);
    const [, dashboard = ""] = await server.printed(/Dashboard +(\S+)\n/);
    const ports = { api: Number(new URL(api).port), dashboard: Number(new URL(dashboard).port) };
    for (const name of ["a", "b", "c"]) {
      await fetch(`${api}/participate?experiment=${name}&alternatives=x&alternatives=y&client_id=1`);
    }
    const session = auth === "none" ? { headers: "", token: "" } : await logIn(dashboard);
    const web = webRequest(session);
    const targeted = (port: number, request: fc.Arbitrary<Buffer>) =>
      fc
        .oneof({ weight: 3, arbitrary: request }, { weight: 1, arbitrary: mutated(request) })
        .map((bytes) => ({ port, bytes }));
    const anything = fc.oneof(targeted(ports.api, apiRequest), targeted(ports.dashboard, web));

    const statuses = new Map<string, number>();
    const untilMs = performance.now() + (MINUTES * 60_000) / KINDS.length;
    let sent = 0;
    let afterFirst = 0;
    let longestMs = 0;
    const pid = server.child.pid ?? 0;
    for (let batch = 0; MINUTES === 0 ? sent < REQUESTS : performance.now() < untilMs; batch += 1) {
      const requests = fc.sample(anything, { numRuns: BATCH, seed: SEED + batch });
      const replies = await Promise.all(
        requests.map(async ({ port, bytes }) => {
          const startedMs = performance.now();
          const reply = await send(port, bytes);
          longestMs = Math.max(longestMs, performance.now() - startedMs);
          return reply;
        }),
      );
      for (const [index, reply] of replies.entries()) {
        const status = /^HTTP\/1\.1 (\d+)/.exec(reply)?.[1] ?? "none";
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const request = Buffer.from(requests[index]?.bytes ?? []).toString("latin1");
        expect(/HTTP\/1\.1 5\d\d /.test(reply) ? [SEED + batch, request, reply] : []).toEqual([]);
      }
      sent += requests.length;
      const fifth =
        MINUTES === 0 ? sent >= REQUESTS / 5 : performance.now() >= untilMs - (MINUTES * 48_000) / KINDS.length;
      if (fifth && afterFirst === 0) afterFirst = residentBytes(pid);
    }
    const grown = residentBytes(pid) - afterFirst;
    for (const path of ["/readyz", "/healthz"]) expect((await fetch(`${api}${path}`)).status).toBe(200);
    expect([grown < GROWTH_BYTES_MAX, grown]).toEqual([true, grown]);
    const { stderr } = await server.stop();
    expect(stderr.length).toBeLessThan(LOG_BYTES_PER_REQUEST_MAX * sent);
    expect(stderr).not.toMatch(/"level":"(?:error|fatal)"/);
    expect([...statuses.keys()]).toEqual(expect.arrayContaining(["200", "400", "403", "404", "405"]));
    const doctor = await run({ cwd, args: ["doctor", "--records", ...settings] });
    // A doctor that reached no store would complain of no records.
    expect(doctor.stdout).toMatch(/^ok +records of /m);
    expect(
      doctor.stdout.split("\n").filter((line) => /^(?:fail|warn) .*(?:experiment|records|store)/.test(line)),
    ).toEqual([]);
    if (MINUTES > 0) {
      const counts = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
      process.stdout.write(
        `${storage}, auth ${auth}: ${sent} requests, longest ${Math.round(longestMs)} ms, grown ${Math.round(grown / 2 ** 20)} MiB, ` +
          `${stderr.length} bytes of log; ${counts.join(", ")}\n${doctor.stdout}`,
      );
    }
  },
  60_000 + MINUTES * 60_000,
);
