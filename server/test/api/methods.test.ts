/** Methods, paths, and the headers and connections of every answer. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { DOCUMENT_ROUTES, ROUTES } from "../../src/api/paths.ts";
import { query, sharedApi } from "../support/api.ts";
import { talliesOf } from "../support/store.ts";

const api = sharedApi();

const PARTICIPATE = `/participate?${query({ experiment: "methods", alternatives: ["a", "b"], client_id: "1" })}`;
const PATHS = [
  ...Object.entries(ROUTES).flatMap(([path, route]) => (DOCUMENT_ROUTES.has(route) ? [] : [path])),
  "/experiments/methods",
  "/nope",
  PARTICIPATE,
  "/convert?experiment=methods&client_id=1",
];

describe("every path", () => {
  it.each(PATHS)("answers %s with no-store, a length, and the same head to HEAD without a body", async (path) => {
    const get = await api.get(path);
    const head = await api.get(path, { method: "HEAD" });
    expect(head.text).toBe("");
    expect(head.status).toBe(get.status);
    for (const { headers } of [get, head]) {
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("Content-Length")).toBe(String(Buffer.byteLength(get.text)));
      expect(headers.get("Content-Type")).toBe(get.headers.get("Content-Type"));
    }
  });

  it.each(PATHS)("answers %s to OPTIONS by 204 and Allow", async (path) => {
    const { status, headers, text: body } = await api.get(path, { method: "OPTIONS" });
    expect({ status, body }).toEqual({ status: 204, body: "" });
    expect(headers.get("Allow")).toBe("GET, HEAD, POST, OPTIONS");
    expect(headers.get("Cache-Control")).toBe("no-store");
  });

  it.each(PATHS)("refuses %s to any other method by 405 and Allow", async (path) => {
    for (const method of ["PUT", "DELETE", "PATCH", "PROPFIND"]) {
      const { status, headers, json } = await api.get(path, { method });
      expect(status).toBe(405);
      expect(headers.get("Allow")).toBe("GET, HEAD, POST, OPTIONS");
      expect(json).toMatchObject({ status: "failed", message: "method not allowed", code: "method-not-allowed" });
    }
  });
});

describe("a path that takes a document", () => {
  it.each(["/batch", "/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/methods"])(
    "answers %s to POST alone, and says so",
    async (path) => {
      for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
        const { status, headers } = await api.get(path, { method });
        expect({ status, allow: headers.get("Allow") }).toEqual({ status: 405, allow: "POST, OPTIONS" });
      }
      const { status, headers } = await api.get(path, { method: "OPTIONS" });
      expect({ status, allow: headers.get("Allow") }).toEqual({ status: 204, allow: "POST, OPTIONS" });
    },
  );
});

describe("a path that nobody serves", () => {
  it.each([
    "/nope",
    "/Participate",
    "/participate/now",
    "/experiments",
    "/experiments/",
    "/experiments//",
    "/experiments/other/methods",
    "/ofrep/v1/evaluate",
    "/participate%2F",
    "/__proto__",
    "/constructor",
    "/toString",
    "/%2e%2e/etc/passwd",
    "/participate%00",
    "/hasOwnProperty",
    "/🎲",
  ])("is answered by 404 as JSON: %s", async (path) => {
    expect(await api.get(path)).toMatchObject({
      status: 404,
      json: { status: "failed", message: expect.stringMatching(/not found/), code: expect.stringMatching(/not-found/) },
    });
  });

  it("is answered by 404 to a POST too, which keeps its connection", async () => {
    expect(await api.post("/nope", { a: 1 })).toMatchObject({ status: 404, json: { code: "not-found" } });
  });
});

describe("/experiments/<name>", () => {
  it("gives the slim details of Sixpack 2.7, with or without a slash at the end", async () => {
    await api.get(PARTICIPATE);
    await api.get("/convert?experiment=methods&client_id=1");
    for (const path of ["/experiments/methods", "/experiments/methods/", "/experiments/m%65thods"]) {
      expect((await api.get(path)).json).toEqual({
        status: "ok",
        name: "methods",
        created_at: "2025-03-01 12:00",
        alternatives: ["a", "b"],
        traffic_fraction: 1,
        excluded_clients: 0,
        total_participants: 1,
        total_conversions: 1,
        description: null,
        winner: "",
        is_archived: false,
        is_paused: false,
      });
    }
  });
});

describe("a kept connection", () => {
  /** Sends one request and reads its answer to the end. */
  async function send(agent: Agent, method: string, path: string, body = "") {
    const outgoing = request(api.url + path, { agent, method, headers: { "Content-Length": body.length } }).end(body);
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    await text(response);
    return { status: response.statusCode, kept: outgoing.reusedSocket };
  }

  it.each([
    ["400 for missing arguments", "GET", "/participate", ""],
    ["400 for a broken encoding", "GET", "/participate?a=%", ""],
    ["400 for a body that is no JSON", "POST", "/participate", "x=%zz"],
    ["404", "GET", "/nope", ""],
    ["404 with a body that nobody reads", "POST", "/nope", "a=b"],
    ["405 with a body that nobody reads", "PUT", "/participate", "a=b"],
    ["414", "GET", `/?${"x".repeat(20_000)}`, ""],
    ["415", "POST", "/participate", "a=b"],
  ])("survives a refusal by %s", async (what, method, path, body) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await send(agent, method, path, body);
    expect(first.status, what).toBeGreaterThanOrEqual(400);
    expect(await send(agent, "GET", PARTICIPATE)).toEqual({ status: 200, kept: true });
    agent.destroy();
  });

  it("answers requests that come in one packet in their order", async () => {
    const one = (client: string) =>
      `GET /participate?experiment=pipeline&alternatives=a&alternatives=b&client_id=${client} HTTP/1.1\r\nHost: a\r\n`;
    const raw = await api.raw(
      `${one("x")}\r\nGET /nope HTTP/1.1\r\nHost: a\r\n\r\n${one("y")}Connection: close\r\n\r\n`,
    );
    expect([...raw.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(["200", "404", "200"]);
    expect(raw.indexOf('"client_id":"x"')).toBeLessThan(raw.indexOf('"client_id":"y"'));
  });
});

describe("HEAD", () => {
  it("takes part like GET, as in Sixpack 2.7", async () => {
    const call = { experiment: "head", alternatives: ["a", "b"], client_id: "1" };
    await api.get(`/participate?${query(call)}`, { method: "HEAD" });
    expect(await talliesOf(api.store, "head")).toMatchObject([{ clients: 1 }]);
  });
});
