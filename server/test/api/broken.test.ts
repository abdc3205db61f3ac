/** Requests that are no HTTP, too large or too slow: each gets a JSON answer that can be read, then the connection closes. */
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { BODY_BYTES_MAX, HEADER_BYTES_MAX, URL_BYTES_MAX } from "../../src/api/limits.ts";
import { sharedApi, startApi } from "../support/api.ts";

const api = sharedApi();

/** Status line's number and JSON body of a raw answer. */
function answerOf(raw: string): { status: number; head: string; body: { status?: string; code?: string } } {
  const [head = "", body = ""] = raw.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head, body: JSON.parse(body) };
}

const PARTICIPATE = "/participate?experiment=raw&alternatives=a&alternatives=b&client_id=1";

describe("a broken request", () => {
  it.each([
    ["no HTTP at all", "hello\r\n\r\n"],
    ["a TLS handshake", Buffer.from("160301020001000303", "hex")],
    ["an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a header without a colon", "GET / HTTP/1.1\r\nHost a\r\n\r\n"],
    ["a null byte in the URL", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["two lengths of one body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n"],
  ])("is answered by 400 as JSON: %s", async (_what, bytes) => {
    const { status, head, body } = answerOf(await api.raw(bytes));
    expect(status).toBe(400);
    expect(body).toMatchObject({ status: "failed", message: "bad request", code: "bad-request" });
    expect(head).toMatch(/^Content-Type: application\/json$/m);
    expect(head).toMatch(/^Cache-Control: no-store$/m);
    expect(head).toMatch(/^Connection: close$/m);
  });

  it("is answered by 400 as JSON without a Host header, which HTTP/1.1 demands", async () => {
    const { status, body } = answerOf(await api.raw(`GET ${PARTICIPATE} HTTP/1.1\r\nConnection: close\r\n\r\n`));
    expect({ status, code: body.code }).toEqual({ status: 400, code: "bad-request" });
  });

  it("needs no Host header in HTTP/1.0", async () => {
    const { status, body } = answerOf(await api.raw(`GET ${PARTICIPATE} HTTP/1.0\r\n\r\n`));
    expect({ status, body: body.status }).toEqual({ status: 200, body: "ok" });
  });

  it("is a tunnel asked of a server that is no proxy: 405 with Allow", async () => {
    const { status, head, body } = answerOf(await api.raw("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"));
    expect({ status, code: body.code }).toEqual({ status: 405, code: "method-not-allowed" });
    expect(head).toMatch(/^Allow: GET, HEAD, POST, OPTIONS$/m);
  });

  it("passes over an expectation that it doesn't know", async () => {
    const { status } = answerOf(
      await api.raw(`GET ${PARTICIPATE} HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nConnection: close\r\n\r\n`),
    );
    expect(status).toBe(200);
  });

  it("is answered as ever when it asks for another protocol", async () => {
    const { status } = answerOf(
      await api.raw(
        `GET ${PARTICIPATE} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: close, upgrade\r\n\r\n`,
      ),
    );
    expect(status).toBe(200);
  });
});

describe("a request that is too large", () => {
  it("gets 414 for a URL one byte too long, and a proper answer for the longest", async () => {
    const path = `${PARTICIPATE}&force=`;
    const longest = await api.get(path + "x".repeat(URL_BYTES_MAX - path.length));
    expect(longest.status).toBe(200);
    const tooLong = await api.get(path + "x".repeat(URL_BYTES_MAX - path.length + 1));
    expect(tooLong).toMatchObject({ status: 414, json: { status: "failed", code: "url-too-long" } });
  });

  it("gets a readable 414 for 10 MB of query", async () => {
    const bytes = `GET /participate?experiment=${"x".repeat(10_000_000)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const { status, body } = answerOf(await api.raw(bytes));
    expect({ status, code: body.code }).toEqual({ status: 414, code: "url-too-long" });
  });

  it("gets a readable 431 for headers that don't end", async () => {
    const line = `X-Long: ${"x".repeat(1_000)}\r\n`;
    const lines = line.repeat(Math.ceil(HEADER_BYTES_MAX / line.length) + 10_000);
    const { status, body } = answerOf(await api.raw(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`));
    expect({ status, code: body.code }).toEqual({ status: 431, code: "headers-too-large" });
  });

  it("gets a readable 413 for a body that says it is too large, with all of it on the way", async () => {
    const head = `POST /participate HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n`;
    const { status, head: answered, body } = answerOf(await api.raw(head + "x".repeat(10_000_000)));
    expect({ status, code: body.code }).toEqual({ status: 413, code: "body-too-large" });
    expect(answered).toMatch(/^Connection: close$/m);
  });

  it("gets the head of an answer to HEAD before its body ends", async () => {
    const socket = connect(api.port, "127.0.0.1");
    socket.write("HEAD /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const [answered] = await once(socket, "data");
    expect(String(answered)).toMatch(/^HTTP\/1\.1 404 [\s\S]*\r\n\r\n$/);
    socket.destroy();
  });

  it("keeps its connection where nothing is refused, with a body on the way that nobody asked for", async () => {
    const socket = connect(api.port, "127.0.0.1");
    socket.write("GET /_status HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const [first] = await once(socket, "data");
    expect(String(first)).toMatch(/^HTTP\/1\.1 200 /);
    expect(String(first)).not.toMatch(/^Connection: close/m);
    socket.write("1\r\nx\r\n0\r\n\r\nGET /_status HTTP/1.1\r\nHost: a\r\n\r\n");
    const [second] = await once(socket, "data");
    expect(String(second)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it("gets a readable 413 for a body in chunks that turns out too large", async () => {
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const bytes = `POST /convert HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(50)}0\r\n\r\n`;
    const { status, body } = answerOf(await api.raw(bytes));
    expect({ status, code: body.code }).toEqual({ status: 413, code: "body-too-large" });
  });

  it("reads the largest body, and refuses one byte more", async () => {
    const body = "experiment=raw&alternatives=a&alternatives=b&client_id=1&force=";
    const largest = await api.post("/participate", body + "x".repeat(BODY_BYTES_MAX - body.length));
    expect(largest.status).toBe(200);
    const tooLarge = await api.post("/participate", body + "x".repeat(BODY_BYTES_MAX - body.length + 1));
    expect(tooLarge).toMatchObject({ status: 413, json: { status: "failed", code: "body-too-large" } });
  });
});

describe("a request that is too slow", () => {
  it("gets 408 when its headers take too long", async () => {
    const slow = await startApi();
    slow.server.headersTimeout = 100;
    const { status, body } = answerOf(await slow.raw("GET / HTTP/1.1\r\nHost:"));
    expect({ status, code: body.code }).toEqual({ status: 408, code: "request-timeout" });
    await slow.close();
  });

  it("gets 408 when its body takes too long, and that is no defect of ours", async () => {
    const slow = await startApi();
    slow.server.headersTimeout = 100;
    slow.server.requestTimeout = 100;
    const { status, body } = answerOf(
      await slow.raw("POST /convert HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nkpi="),
    );
    expect({ status, code: body.code }).toEqual({ status: 408, code: "request-timeout" });
    expect(slow.defects).toEqual([]);
    await slow.close();
  });

  it("is forgotten without a defect when its caller goes away in the middle of a body", async () => {
    const socket = connect(api.port, "127.0.0.1");
    const arrived = once(api.server, "request");
    socket.write("POST /convert HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nkpi=");
    const [request] = await arrived;
    const closed = new Promise((resolve) => request.once("close", resolve));
    socket.resetAndDestroy();
    await closed;
    expect(await api.get("/healthz")).toMatchObject({ status: 200 });
    expect(api.defects).toEqual([]);
  });
});
