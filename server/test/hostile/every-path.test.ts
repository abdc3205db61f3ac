/** What holds for every path of the dashboard, asked of all that there are through a real socket: a new one is asked too. */
import { type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { APPLY_BODY_BYTES_MAX, WEB_BODY_BYTES_MAX, type WebOptions } from "../../src/web/http/web-options.ts";
import * as make from "../support/make.ts";
import { GUARDED, TOKENS } from "../web/access/people.ts";
import { createExperiment, openApp } from "../web/support.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_BODY = { "content-type": "application/json" };
/** As a browser asks, and as a program does. */
const ACCEPTS = ["text/html", "application/json"] as const;

const METHODS = ["GET", "POST"] as const;

interface Path {
  readonly method: (typeof METHODS)[number];
  readonly url: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Dashboard {
  readonly paths: readonly Path[];
  readonly ask: (path: Path, headers: Readonly<Record<string, string>>, body?: string) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

async function serve(options: Partial<WebOptions>): Promise<Dashboard> {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context, { csrfDisabled: false, feedToken: "a token of feeds that nobody guesses", ...options });
  const paths = pathsOf(app);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const ask: Dashboard["ask"] = ({ method, url }, headers, body = "") =>
    new Promise((resolve, reject) => {
      const asked = request({ port, method, path: url, headers: { connection: "close", ...headers } }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
        });
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      });
      asked.once("error", reject).end(body);
    });
  return { paths, ask, close: () => app.close() };
}

/** Filled in, while the routes are added. */
function pathsOf(app: FastifyInstance): readonly Path[] {
  const paths: Path[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    const filled = url
      .replace(":name", "button")
      .replace(":alternative", "blue")
      .replace(":token", "x")
      .replace("*", "x");
    const asked = METHODS.find((known) => known === method);
    if (asked !== undefined) paths.push({ method: asked, url: filled });
  });
  return paths;
}

describe("every path of a dashboard with a login", () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await serve(GUARDED);
  });
  afterAll(() => dashboard.close());

  test("answers what no cache keeps, to whoever asks", async () => {
    expect(dashboard.paths.length).toBeGreaterThan(80);
    for (const path of dashboard.paths) {
      for (const accept of ACCEPTS) {
        for (const who of [{}, { authorization: `Bearer ${TOKENS.admin}` }]) {
          const { status, headers } = await dashboard.ask(path, { accept, ...who });
          const kept = headers.etag === undefined ? "no-store" : "private, no-cache";
          expect([path, accept, status, headers["cache-control"]]).toEqual([path, accept, status, kept]);
        }
      }
    }
  });

  test("takes nothing that a page of another place sends, whatever token it has", () =>
    refusesForeign(dashboard, { authorization: `Bearer ${TOKENS.admin}` }));
});

/** With whatever else the requests carry. */
async function refusesForeign({ paths, ask }: Dashboard, carried: Readonly<Record<string, string>>): Promise<void> {
  for (const path of paths.filter(({ method }) => method === "POST")) {
    for (const from of [{ origin: "http://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }]) {
      for (const type of [FORM, JSON_BODY]) {
        const { status, body } = await ask(path, { ...from, ...type, ...carried }, type === FORM ? "a=b" : "{}");
        expect([path, from, status, body]).toEqual([path, from, 403, expect.stringContaining("csrf-failed")]);
      }
    }
  }
}

describe("every path of a dashboard that is open to everybody", () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await serve({ access: { mode: { kind: "open" }, tokens: [] }, webUrl: "https://ab.example.com" });
  });
  afterAll(() => dashboard.close());

  test("is closed to a page whose own name leads here, while everybody is let in", async () => {
    await refusesNames(dashboard, ["evil.example", "ab.example.com.evil.example:5001", "192.168.0.7.evil.example"]);
    for (const host of ["192.168.0.7", "ab.example.com"]) {
      expect((await dashboard.ask({ method: "GET", url: "/experiments.json" }, { host })).status).toBe(200);
    }
  });

  test("takes nothing that a page of another place sends", () => refusesForeign(dashboard, {}));
});

/** Asked by a page that pointed a name of its own here, which is of one origin with us then. */
async function refusesNames({ paths, ask }: Dashboard, hosts: readonly string[]): Promise<void> {
  for (const path of paths) {
    for (const host of hosts) {
      const origin = `http://${host}`;
      const rebound = { host, origin, "sec-fetch-site": "same-origin", accept: "application/json", ...JSON_BODY };
      const { status, body } = await ask(path, rebound, path.method === "POST" ? "{}" : "");
      expect([path, host, status, body]).toEqual([path, host, 403, expect.stringContaining("foreign-host")]);
    }
  }
}

describe("every path of a dashboard without a login", () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await serve({});
  });
  afterAll(() => dashboard.close());

  test("is closed to a page whose own name leads here", () =>
    refusesNames(dashboard, ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:5001", "192.168.0.7"]));

  test("takes nothing that a page of another place sends", () => refusesForeign(dashboard, {}));

  test("reads no more than its longest body", async () => {
    for (const path of dashboard.paths.filter(({ method }) => method === "POST")) {
      const long = "x".repeat(path.url === "/apply" ? APPLY_BODY_BYTES_MAX : WEB_BODY_BYTES_MAX);
      for (const [type, body] of [
        [FORM, `name=${long}`],
        [JSON_BODY, JSON.stringify({ name: long })],
      ] as const) {
        expect([path, (await dashboard.ask(path, type, body)).status]).toEqual([path, 413]);
      }
    }
  });
});
