/** The proxies of docs/operations.md, each with its snippet as it stands there, in front of the built server. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as openRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { LOGIN_TRIES_MAX } from "../../src/web/access/login-tries.ts";
import { Command } from "../support/command.ts";
import { HOSTILE_NAMES } from "../support/names.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { PROXIES, type ProxyName, type RunningProxy, snippet, startProxy } from "../support/proxies.ts";
import { cheapHash, PASSWORD } from "../web/access/people.ts";

const NAMES: readonly ProxyName[] = ["nginx", "Caddy", "HAProxy", "Apache"];

/** What a caller may write to look like somebody else. */
const FORGED = {
  "x-forwarded-for": "127.0.0.1",
  "x-forwarded-host": "evil.example",
  "x-forwarded-proto": "https",
  "x-forwarded-user": "ada",
};

interface Server {
  readonly api: string;
  readonly dashboard: string;
  readonly command: Command;
  readonly cwd: string;
}

const servers: Server[] = [];

/** `sixpack start` in memory, with the settings of the docs and some more. */
async function serve(config: Readonly<Record<string, unknown>>): Promise<Server> {
  const cwd = await mkdtemp(join(tmpdir(), "sixpack-proxies-"));
  await writeFile(join(cwd, "sixpack.yml"), JSON.stringify(config));
  const args = ["start", "--port", "0", "--web-port", "0", "--storage", "memory"];
  const command = new Command({ args, cwd });
  const [, api = ""] = await command.printed(/API +(\S+)\n/);
  const [, dashboard = ""] = await command.printed(/Dashboard +(\S+)\n/);
  const server = { api, dashboard: new URL(dashboard).origin, command, cwd };
  servers.push(server);
  return server;
}

/** A request whose headers, Host too, are the caller's to choose; answers what came until `enough`. */
function ask(
  base: string,
  path: string,
  { enough, ...options }: { method?: string; headers?: Record<string, string>; body?: string; enough?: RegExp } = {},
): Promise<{ readonly status: number; readonly text: string; readonly cookies: readonly string[] }> {
  const { port } = new URL(base);
  const headers = { host: "ab.example.com", ...options.headers };
  return new Promise((resolve, reject) => {
    const request = openRequest({ host: "127.0.0.1", port, path, method: options.method, headers, agent: false });
    request.on("error", reject);
    request.once("response", (response) => {
      let text = "";
      const done = () =>
        resolve({ status: response.statusCode ?? 0, text, cookies: response.headers["set-cookie"] ?? [] });
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        if (enough?.test(text) !== true) return;
        done();
        request.destroy();
      });
      response.once("end", done);
      response.once("error", () => {});
    });
    request.end(options.body);
  });
}

const HTML = { accept: "text/html" };
const FORM = { "content-type": "application/x-www-form-urlencoded" };

function cookieHeader(cookies: readonly string[]): string {
  return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}

async function logIn(base: string, password: string, headers: Record<string, string> = {}) {
  const form = await ask(base, "/sixpack/login", { headers: { ...HTML, ...headers } });
  const [, token = ""] = /name="_csrf_token" value="([^"]+)"/.exec(form.text) ?? [];
  const body = new URLSearchParams({ name: "admin", password, _csrf_token: token }).toString();
  const cookie = cookieHeader(form.cookies);
  return ask(base, "/sixpack/login", { method: "POST", headers: { ...HTML, ...FORM, ...headers, cookie }, body });
}

function participation(experiment: string): string {
  return `/participate?experiment=${experiment}&alternatives=red&alternatives=blue&client_id=ann`;
}

let settings: Readonly<Record<string, unknown>>;
let open: Server;
beforeAll(async () => {
  const { admin_password_file: _, ...rest } = parse(snippet("yaml"));
  settings = { ...rest, users: [{ name: "admin", role: "admin", password_hash: cheapHash(PASSWORD) }] };
  open = await serve({});
});
afterAll(async () => {
  for (const { command, cwd } of servers) {
    await command.stop();
    await rm(cwd, { recursive: true });
  }
});

async function behind<Result>(
  name: ProxyName,
  text: string,
  server: Server,
  use: (proxy: RunningProxy) => Promise<Result>,
): Promise<Result> {
  const proxy = await startProxy(name, text, server);
  try {
    return await use(proxy);
  } finally {
    await proxy.stop();
  }
}

describe.each(NAMES)("%s with the snippet of the docs", (name) => {
  const text = snippet(PROXIES[name].language);

  it("shows the dashboard to whoever logs in, and the API to everybody", async () => {
    const server = await serve(settings);
    await behind(name, text, server, async ({ url }) => {
      expect((await ask(url, participation("seen"))).status).toBe(200);
      for (const headers of [{}, FORGED, { host: "localhost" }, { host: "127.0.0.1:5001" }]) {
        expect((await ask(url, "/sixpack/experiments.json", { headers })).status).toBe(401);
        const erased = await ask(url, "/sixpack/experiments/seen/delete/", { method: "POST", headers });
        expect([401, 403]).toContain(erased.status);
      }
      const { status, cookies } = await logIn(url, PASSWORD, FORGED);
      expect(status).toBe(303);
      // Plain http, whatever the caller says, so its name is not the one of https.
      expect(cookies.join()).toMatch(/^sixpack_session=[^;]+;.*Path=\/sixpack/);
      const headers = { ...HTML, ...FORGED, cookie: cookieHeader(cookies) };
      const list = await ask(url, "/sixpack/", { headers });
      expect(list.text).toContain("/sixpack/experiments/seen/");
      expect(list.text).not.toContain("evil.example");
      const stream = { ...headers, accept: "text/event-stream" };
      const events = await ask(url, "/sixpack/events?watch=list", { headers: stream, enough: /retry/ });
      expect(events.text).toContain("retry: ");
    });
  });

  it("passes on every name of an experiment as it is, slashes and all", async () => {
    const server = await serve(settings);
    await behind(name, text, server, async ({ url }) => {
      const { cookies } = await logIn(url, PASSWORD);
      const headers = { cookie: cookieHeader(cookies) };
      for (const experiment of HOSTILE_NAMES) {
        const encoded = encodeURIComponent(experiment);
        const answers = [
          await ask(url, participation(encoded)),
          await ask(url, `/experiments/${encoded}`),
          await ask(url, `/sixpack/experiments/${encoded}.json`, { headers }),
          await ask(url, `/sixpack/experiments/${encoded}/`, { headers: { ...HTML, ...headers } }),
        ];
        expect([experiment, ...answers.map(({ status }) => status)]).toEqual([experiment, 200, 200, 200, 200]);
        for (const { text: body } of answers.slice(1, 3)) expect(JSON.parse(body).name).toBe(experiment);
      }
    });
  });

  it("counts callers by their own address, whatever they write", async () => {
    const server = await serve({ ...settings, new_experiments_per_hour: 1 });
    await behind(name, text, server, async ({ url }) => {
      const from = (address: string) => ({ "x-forwarded-for": address });
      expect((await ask(url, participation("one"), { headers: from("192.0.2.1") })).status).toBe(200);
      expect((await ask(url, participation("two"), { headers: from("192.0.2.2") })).status).toBe(429);
      for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) await logIn(url, "guess guess", from(`192.0.2.${n}`));
      expect((await logIn(url, PASSWORD, from("192.0.2.99"))).status).toBe(429);
    });
  });

  it("drops names of users that a caller writes, for `auth: proxy`", async () => {
    const { users: _, ...rest } = settings;
    const server = await serve({ ...rest, auth: "proxy", auth_proxy_addresses: "127.0.0.1", auth_proxy_role: "admin" });
    await behind(name, text, server, async ({ url }) => {
      for (const header of ["X-Forwarded-User", "x-forwarded-user", "X_Forwarded_User"]) {
        expect((await ask(url, "/sixpack/experiments.json", { headers: { [header]: "ada" } })).status).toBe(401);
      }
    });
  });

  it("closes the metrics, however the path is written", async () => {
    await behind(name, text, open, async ({ url }) => {
      for (const path of [
        "/metrics",
        "/metrics/",
        "//metrics",
        "/%6detrics",
        "/%6Detrics?x",
        "/./metrics",
        "/x/../metrics",
      ]) {
        const { status, text: body } = await ask(url, path);
        expect([path, status >= 400, body.includes("sixpack_")]).toEqual([path, true, false]);
      }
    });
  });

  it("gets nothing from a dashboard without a login", async () => {
    await behind(name, text, open, async ({ url }) => expectShut(url, "/sixpack"));
  });
});

describe.each(["nginx", "Caddy", "Apache"] as const)("%s that just passes everything on", (name) => {
  it("gets nothing from a dashboard without a login", async () => {
    await behind(name, PROXIES[name].bare, open, async ({ url }) => expectShut(url, ""));
  });
});

/** Under any name that a stranger may choose. */
async function expectShut(url: string, base: string): Promise<void> {
  for (const host of ["ab.example.com", "localhost", "127.0.0.1:5001", "[::1]"]) {
    const headers = { host };
    for (const path of ["/", "/experiments.json", "/experiments/seen.json", "/events?watch=list"]) {
      expect([host, path, (await ask(url, base + path, { headers: { ...headers, ...HTML } })).status]).toEqual([
        host,
        path,
        403,
      ]);
    }
    for (const path of ["/experiments/seen/delete/", "/experiments"]) {
      const answer = await ask(url, base + path, {
        method: "POST",
        headers: { ...headers, ...FORM },
        body: "_csrf_token=x",
      });
      expect([host, path, answer.status]).toEqual([host, path, 403]);
      expect(JSON.parse(answer.text).code).toMatch(/^(foreign-host|forwarded-request)$/);
    }
  }
}

describe("a dashboard without a login", () => {
  it.each([
    ["web_base_path", { web_base_path: "/sixpack" }],
    ["proxy_fix", { proxy_fix: true }],
    ["web_host", { web_host: "0.0.0.0" }],
  ])("is not served with %s", async (key, config) => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, "sixpack.yml"), JSON.stringify({ storage: "memory", ...config }));
    for (const args of [["start"], ["web"]]) {
      const ended = await new Command({ args, cwd }).ended;
      expect(ended).toMatchObject({ code: 2, stdout: "" });
      expect(ended.stderr).toMatch(new RegExp(`^ {2}${key}: expected .* because \`auth\` is \`none\``, "m"));
    }
  });

  it("says once in its log that somebody came through a proxy", async () => {
    const server = await serve({});
    for (const _ of [1, 2, 3]) await ask(server.dashboard, "/", { headers: { host: "localhost", via: "1.1 x" } });
    await server.command.stop();
    expect(server.command.stderr.match(/requests from elsewhere are refused/g)).toHaveLength(1);
  });
});
