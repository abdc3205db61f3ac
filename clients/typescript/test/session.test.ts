/** What the shared cases can't say: the parts that are TypeScript's own. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { seenRequests, sharedMisbehavingServer, sharedRealServer } from "../../test/support/servers.ts";
import { participateAll } from "../src/batch.ts";
import { type Failure, Session } from "../src/index.ts";
import { ServerSession } from "../src/server.ts";

const misbehaving = sharedMisbehavingServer();
const real = sharedRealServer();

/** Milliseconds that are enough for any answer of a server that works. */
const PATIENT = { timeoutMs: 60_000 };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The client as in a process that has warned of nothing yet. */
async function untouched(): Promise<typeof import("../src/session.ts")> {
  vi.resetModules();
  return import("../src/session.ts");
}

describe("a session", () => {
  test("answers one of the alternatives, by its type too", async () => {
    const color = await new Session(real.url, PATIENT).participate("typed", ["red", "blue"]);
    expectTypeOf(color).toEqualTypeOf<"red" | "blue">();
    expect(["red", "blue"]).toContain(color);
  });

  test("offers a cookie that gives the next session the same client", () => {
    const { setCookie, clientId } = new Session(real.url);
    expect(clientId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(setCookie).toBe(`sixpack_client_id=${clientId}; Path=/; Max-Age=34560000; SameSite=Lax`);
    expect(new Session(real.url, { cookie: setCookie.split(";")[0] }).clientId).toBe(clientId);
  });

  test("makes a different id for every client", () => {
    const ids = Array.from({ length: 1_000 }, () => new Session(real.url).clientId);
    expect(new Set(ids).size).toBe(1_000);
  });

  test("says why nobody could be reached", async () => {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const messages: string[] = [];
    const onFailure = ({ message }: Failure) => messages.push(message);
    await new Session(`http://127.0.0.1:${port}`, { ...PATIENT, onFailure }).participate("button", ["red", "blue"]);
    expect(messages).toEqual([`Expected an answer, got connect ECONNREFUSED 127.0.0.1:${port}`]);
  });

  test("writes each kind of failure to the console once a minute", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const { Session } = await untouched();
    const url = `${misbehaving.url}/dropping/warned`;
    const session = new Session(url, { ...PATIENT, retries: 0 });
    await session.participate("button", ["red", "blue"]);
    await session.participate("title", ["red", "blue"]);
    await session.convert(null);
    const why = "unreachable, Expected an answer, got .+\\. Does Sixpack's API answer there\\?$";
    const participation = expect.stringMatching(`^sixpack: participate of button at ${url}: ${why}`);
    const conversion = expect.stringMatching(`^sixpack: convert of every experiment at ${url}: ${why}`);
    expect(warn.mock.calls).toEqual([[participation], [conversion]]);
    const { now } = performance;
    vi.spyOn(performance, "now").mockImplementation(() => now.call(performance) + 60_000);
    await session.participate("button", ["red", "blue"]);
    expect(warn.mock.calls.slice(2)).toEqual([[participation]]);
  });

  test.each([
    ["rejecting/said", "rejected, this client was not participating"],
    ["error-500/said", "server-error, internal error"],
    ["nowhere/said", "rejected, no behaviour nowhere for said. Does Sixpack's API answer there?"],
    ["not-json/said", /^bad-answer, .+\. Does Sixpack's API answer there\?$/],
    ["redirecting/said", "redirect, Expected an answer, got 302. Does Sixpack's API answer there?"],
  ])("warns of what came from %s", async (path, said) => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const { Session } = await untouched();
    const url = `${misbehaving.url}/${path}`;
    await new Session(url, PATIENT).participate("button", ["red", "blue"]);
    const began = `sixpack: participate of button at ${url}: `;
    const [[line]] = warn.mock.calls as [[string]];
    expect(line.startsWith(began)).toBe(true);
    expect(line.slice(began.length)).toEqual(typeof said === "string" ? said : expect.stringMatching(said));
  });

  test("warns of nothing where a hook is told", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const { Session } = await untouched();
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    await new Session(`${misbehaving.url}/rejecting/told`, { ...PATIENT, onFailure }).participate("a", ["red", "blue"]);
    expect(failures).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
  });

  test("says which number is none", async () => {
    const session = new Session(real.url);
    await expect(session.convert("button", "purchase", Number.NaN)).rejects.toThrow(
      "Expected value up to 1e12, got NaN",
    );
    await expect(session.convert("button", "purchase", Infinity)).rejects.toThrow("got Infinity");
  });

  test("takes part whatever a visitor's agent, address and segments are", async () => {
    const failures: Failure[] = [];
    const session = new Session(real.url, {
      ...PATIENT,
      userAgent: "x".repeat(20_000),
      ipAddress: "y".repeat(20_000),
      segments: { plan: `${"z".repeat(511)}😀${"z".repeat(20_000)}` },
      onFailure: (failure) => failures.push(failure),
    });
    await session.participate("ornaments", ["red", "blue"]);
    await participateAll(session, { ornaments: ["red", "blue"], "ornaments-2": ["red", "blue"] });
    await session.convert("ornaments");
    expect(failures).toEqual([]);
  });

  test.each(["", "a\0b", "x".repeat(1_025)])("throws for the client id %j", (clientId) => {
    expect(() => new Session(real.url, { clientId })).toThrow(TypeError);
  });

  test("returns the control when the hook throws", async () => {
    const onFailure = () => {
      throw new Error("its own trouble");
    };
    const session = new Session(`${misbehaving.url}/error-500/hook`, { ...PATIENT, onFailure });
    expect(await session.participate("button", ["red", "blue"])).toBe("red");
  });

  test("returns the control when the hook rejects", async () => {
    const session = new Session(`${misbehaving.url}/error-500/hook-later`, {
      ...PATIENT,
      onFailure: () => Promise.reject(new Error("its own trouble")),
    });
    expect(await session.participate("button", ["red", "blue"])).toBe("red");
  });

  test.each(["a b", "example.com; Secure", "x\r\ny"])("throws for the cookie domain %j", (cookieDomain) => {
    expect(() => new Session(real.url, { cookieDomain })).toThrow(TypeError);
  });

  test("tells the hook what the server said", async () => {
    const failures: Failure[] = [];
    const session = new Session(`${misbehaving.url}/rejecting/told`, {
      ...PATIENT,
      onFailure: (failure) => failures.push(failure),
    });
    await session.convert("button");
    expect(failures).toMatchObject([{ status: 400, message: "this client was not participating" }]);
  });
});

function watched(path: string, options: object = PATIENT): { session: Session; codes: string[] } {
  const codes: string[] = [];
  const onFailure = ({ code }: Failure) => codes.push(code);
  return { codes, session: new Session(`${misbehaving.url}/${path}`, { onFailure, ...options }) };
}

describe("an answer", () => {
  test.each(["other-client", "other-experiment"])("is not believed from a server that is %s", async (behaviour) => {
    const { session, codes } = watched(`${behaviour}/whose`, { ...PATIENT, retries: 0 });
    expect(await session.participate("button", ["red", "blue"])).toBe("red");
    expect(await participateAll(session, { button: ["red", "blue"], paper: ["matt", "glossy"] })).toEqual({
      button: "red",
      paper: "matt",
    });
    expect(await session.convert("button")).toBe(false);
    expect(codes).toEqual(["bad-answer", "bad-answer", "bad-answer", "bad-answer"]);
  });

  test("is asked for again, once, where the kept connection closes under the call", async () => {
    const { session, codes } = watched("closing/under", { ...PATIENT, retries: 0 });
    for (let round = 0; round < 3; round += 1) {
      expect(await session.participate("button", ["red", "blue"])).toBe("blue");
      expect(await session.convert("button")).toBe(true);
    }
    expect(codes).toEqual([]);
  });
});

describe("a server that is silent", () => {
  test("is waited for once by a page, whose other calls are answered at once", async () => {
    const { session, codes } = watched("silent/page", { timeoutMs: 100 });
    for (let round = 0; round < 5; round += 1) expect(await session.participate("button", ["red", "blue"])).toBe("red");
    expect(codes).toEqual(["timeout", "unreachable", "unreachable", "unreachable", "unreachable"]);
    expect(await seenRequests(misbehaving, "page")).toHaveLength(1);
    const again = watched("silent/page", { timeoutMs: 100 });
    expect(await participateAll(again.session, { a: ["x", "y"], b: ["x", "y"] })).toEqual({ a: "x", b: "x" });
    expect(again.codes).toEqual(["unreachable", "unreachable"]);
  });

  test("is asked for a conversion all the same, and for what others wait longer", async () => {
    const { session, codes } = watched("silent/insisting", { timeoutMs: 100, retries: 1 });
    await session.participate("button", ["red", "blue"]);
    expect(await session.convert("button")).toBe(false);
    expect(codes).toEqual(["timeout", "timeout"]);
    await watched("silent/insisting", { timeoutMs: 150 }).session.participate("button", ["red", "blue"]);
    expect(await seenRequests(misbehaving, "insisting")).toHaveLength(4);
  });

  test("is one that answers nobody: one slow call among others that are answered changes nothing", async () => {
    const server = createServer((request, response) => {
      if (request.url?.includes("experiment=slow")) return;
      response.end('{"status":"ok","alternative":{"name":"y"}}');
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const codes: string[] = [];
    const onFailure = ({ code }: Failure) => codes.push(code);
    const session = new Session(`http://127.0.0.1:${port}`, { timeoutMs: 500, onFailure });
    const slow = session.participate("slow", ["x", "y"]);
    expect(await session.participate("quick", ["x", "y"])).toBe("y");
    expect(await slow).toBe("x");
    expect(await session.participate("quick", ["x", "y"])).toBe("y");
    expect(codes).toEqual(["timeout"]);
    server.close();
    server.closeAllConnections();
  });

  test("is not waited for by a fetch that knows no signals", async () => {
    vi.stubGlobal("fetch", () => new Promise(() => {}));
    const { session, codes } = watched("fine/deaf", { timeoutMs: 50 });
    expect(await session.participate("button", ["red", "blue"])).toBe("red");
    expect(codes).toEqual(["timeout"]);
  });
});

/** What the client takes for a page. */
function stubPage(document: object): EventTarget {
  const page = Object.defineProperties(new EventTarget(), Object.getOwnPropertyDescriptors(document));
  vi.stubGlobal("document", page);
  return page as EventTarget;
}

describe("a session of a page", () => {
  test("keeps a new id in the cookie, for the domain that is named", () => {
    const document = { cookie: "" };
    stubPage(document);
    const page = () => (globalThis as unknown as { document: { cookie: string } }).document;
    const { clientId } = new Session(real.url, { cookieDomain: "example.com" });
    expect(page().cookie).toBe(
      `sixpack_client_id=${clientId}; Path=/; Max-Age=34560000; SameSite=Lax; Domain=example.com`,
    );
    expect(new Session(real.url).clientId).toBe(clientId);
  });

  test("keeps an id that it is given where that is asked for, and leaves the cookie alone where nothing may be kept", () => {
    stubPage({ cookie: "sixpack_client_id=old" });
    const page = () => (globalThis as unknown as { document: { cookie: string } }).document;
    expect(new Session(real.url, { clientId: "given" }).clientId).toBe("given");
    expect(page().cookie).toBe("sixpack_client_id=old");
    const without = new Session(real.url, { storage: "none" });
    expect(without.clientId).not.toBe("old");
    expect(new Session(real.url, { storage: "none" }).clientId).toBe(without.clientId);
    expect(page().cookie).toBe("sixpack_client_id=old");
    const { clientId, setCookie } = new Session(real.url, { clientId: "given", storage: "cookie" });
    expect(clientId).toBe("given");
    expect(page().cookie).toBe(setCookie);
  });

  test("has one id for as long as the page lives where cookies are refused", () => {
    stubPage({
      get cookie(): string {
        throw new Error("SecurityError");
      },
      set cookie(_: string) {
        throw new Error("SecurityError");
      },
    });
    expect(new Session(real.url).clientId).toBe(new Session(real.url).clientId);
    expect(new Session(real.url, { cookie: "" }).clientId).not.toBe(new Session(real.url, { cookie: "" }).clientId);
  });

  test("takes part when the page is seen, and not while it is made ahead", async () => {
    const page = stubPage({ cookie: "", prerendering: true });
    const { session, codes } = watched("fine/ahead");
    const answer = session.participate("button", ["red", "blue"]);
    const converted = session.convert("button");
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(await seenRequests(misbehaving, "ahead")).toEqual([]);
    Object.defineProperty(page, "prerendering", { value: false });
    page.dispatchEvent(new Event("prerenderingchange"));
    expect(await Promise.all([answer, converted])).toEqual(["blue", true]);
    expect(codes).toEqual([]);
  });
});

describe("a forced alternative", () => {
  test("lets no conversion go out, unless it is recorded", async () => {
    const { session, codes } = watched("fine/forced-quiet", { ...PATIENT, query: "sixpack-force-button=blue" });
    await session.participate("button", ["red", "blue"]);
    expect(await session.convert("button")).toBe(false);
    await session.participate("paper", ["red", "blue"], { force: "blue", recordForce: true });
    expect(await session.convert("paper")).toBe(true);
    expect(codes).toEqual([]);
    expect(await seenRequests(misbehaving, "forced-quiet")).toHaveLength(2);
  });
});

describe("a session of a back end", () => {
  test.each(["", "two words", "a\r\nX-Admin: 1", "schlüssel"])(
    "refuses %j as its key, and does not repeat it",
    (apiKey) => {
      const refused = () => new ServerSession(real.url, { apiKey });
      expect(refused).toThrow("Expected an apiKey of letters, digits and signs, got another text");
    },
  );

  test("is any other session without one", async () => {
    await new ServerSession(`${misbehaving.url}/fine/no-key`, PATIENT).participate("button", ["red", "blue"]);
    expect(await seenRequests(misbehaving, "no-key")).toEqual([
      expect.not.objectContaining({ authorization: expect.anything() }),
    ]);
  });
});

describe("the README", () => {
  test("has a first example that runs", async () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const lines = code
      .replace(/^import .*$/m, "")
      .replace('"http://localhost:5000"', `"${real.url}", { timeoutMs: 60_000 }`);
    const run = new Function("Session", `return (async () => { ${lines}; return color; })()`);
    expect(["red", "blue"]).toContain(await run(Session));
  });
});
