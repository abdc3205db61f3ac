/**
 * Ten thousand requests that nobody would send on purpose, over real sockets: half of them HTTP with hostile arguments,
 * half of them bytes that are HTTP at best in part. Whatever comes, the server answers no 5xx, reports no defect of its
 * own, and goes on.
 */
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placeOf, type Route } from "../../src/api/paths.ts";
import { refusalStatuses } from "../../src/api/refusals.ts";
import { type Api, startApi } from "../support/api.ts";

const REQUESTS = 10_000;
/** Requests of one run, sent side by side. */
const BATCH = 100;
const SEED = 20_250_115;

let api: Api;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);
beforeAll(async () => {
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtExceptionMonitor", onRejection);
  api = await startApi();
});
afterAll(async () => {
  process.off("unhandledRejection", onRejection);
  process.off("uncaughtExceptionMonitor", onRejection);
  await api.close();
});

/** Few names, so that requests meet: on one experiment, one client, one definition that changes under them. */
const NAMES = ["a", "b", "c", "A-1", "constructor", "__proto__", "toString", "", "_x", "é🎲", "a\0b", "x".repeat(300)];
const NUMBERS = [
  "0",
  "1",
  "-1",
  "0.5",
  "1e-9",
  "1e13",
  "NaN",
  "Infinity",
  "0x10",
  "",
  " ",
  "1,2",
  "99999999999999999999",
];
const ARGUMENTS = [
  "experiment",
  "alternatives",
  "client_id",
  "force",
  "record_force",
  "prefetch",
  "traffic_fraction",
  "traffic_dist",
  "weights",
  "kpi",
  "id",
  "value",
  "user_agent",
  "ip_address",
  "datetime",
  "callback",
  "__proto__",
  "constructor",
  "nonsense",
];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("true", "yes", "2025-01-31", "2025-02-30", "Googlebot", "10.0.0.7", "cb", "<b>"),
  },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
);
const pairs = fc.array(fc.tuple(fc.constantFrom(...ARGUMENTS), value), { maxLength: 12 });
/** A call that means something, so that a good part of the requests reaches the store. */
const sensible = fc
  .record({
    experiment: fc.constantFrom("a", "b", "c", "d"),
    client: fc.nat(50),
    count: fc.integer({ min: 2, max: 3 }),
  })
  .map(({ experiment, client, count }): [string, string][] => [
    ["experiment", experiment],
    ["client_id", String(client)],
    ...["x", "y", "z"].slice(0, count).map((name): [string, string] => ["alternatives", name]),
  ]);
const encoded = fc.tuple(fc.oneof(fc.constant<[string, string][]>([]), sensible), pairs, fc.boolean()).map(
  // Some leave characters as they are that should have been encoded.
  ([first, more, tidy]) =>
    [...first, ...more]
      .map(([name, text]) => `${name}=${tidy ? escaped(text) : text.replaceAll("\0", "%00")}`)
      .join("&"),
);

/** Percent-encoded, whatever the text holds. */
function escaped(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
}

const path = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      "/batch",
      "/ofrep/v1/evaluate/flags",
      "/ofrep/v1/evaluate/flags/a",
      "/participate",
      "/participate",
      "/convert",
      "/convert",
      "/experiments/a",
      "/experiments/%zz",
      "/_status",
      "/openapi.json",
    ),
  },
  { weight: 1, arbitrary: fc.webPath() },
  {
    weight: 1,
    arbitrary: fc.constantFrom("*", "/%", "//", "http://a/participate", "/experiments/%00", "/__proto__", ""),
  },
);
const method = fc.constantFrom(
  "GET",
  "GET",
  "GET",
  "POST",
  "POST",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
  "get",
  "CONNECT",
);
const type = fc.constantFrom(
  "application/x-www-form-urlencoded",
  "application/json",
  "text/plain",
  "text/html",
  "",
  "é;;=",
);
/** What the two kinds of documents look like when they mean something. */
const documents = fc.oneof(
  fc.record({ context: fc.record({ targetingKey: value, sixpackRecord: fc.boolean() }) }),
  fc
    .array(
      fc.record({ experiment: value, client_id: value, alternatives: fc.array(value, { maxLength: 3 }), kpi: value }),
    )
    .map((calls) => ({ calls: calls.map((call, index) => ({ [index % 2 === 0 ? "participate" : "convert"]: call })) })),
);
const body = fc.oneof(
  encoded,
  documents.map((document) => JSON.stringify(document)),
  fc.json({ maxDepth: 4 }),
  fc.string({ unit: "binary", maxLength: 60 }),
);

const http = fc
  .record({ method, path, query: encoded, type, body, framing: fc.integer({ min: 0, max: 9 }) })
  .map((request) => {
    const bytes = Buffer.from(request.body, "utf8");
    const line = `${request.method} ${request.path}?${request.query} HTTP/1.1\r\nHost: a\r\nContent-Type: ${request.type}\r\n`;
    // Every tenth body is shorter than it says, every tenth comes in chunks.
    const framing =
      request.framing === 0
        ? [`Content-Length: ${bytes.length + 5}\r\n\r\n`, bytes]
        : request.framing === 1
          ? [`Transfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n`, bytes, "\r\n0\r\n\r\n"]
          : [`Content-Length: ${bytes.length}\r\n\r\n`, bytes];
    return Buffer.concat([Buffer.from(line), ...framing.map((part) => Buffer.from(part))]);
  });

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  // HTTP with a few bytes changed, cut short, or with noise behind it.
  fc.tuple(http, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([bytes, position, patch]) => {
    const changed = Buffer.from(bytes);
    changed.set(patch.slice(0, Math.max(0, changed.length - (position % changed.length))), position % changed.length);
    return changed;
  }),
  fc.tuple(http, fc.nat()).map(([bytes, length]) => bytes.subarray(0, length % bytes.length)),
  fc.tuple(http, fc.uint8Array({ maxLength: 50 })).map((parts) => Buffer.concat(parts)),
);

/** Sends bytes, closes the sending side, and resolves to all that came back. */
function send(bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(api.port, "127.0.0.1", () => socket.end(bytes));
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      received += chunk;
    });
    // A reset connection is an answer too: what counts is that the server goes on.
    socket.on("error", () => undefined).on("close", () => resolve(received));
  });
}

/** The route of a call that `/openapi.json` describes, as far as its first line tells. */
function routeAsked(bytes: Uint8Array | undefined): Route | undefined {
  const path = /^(?:GET|POST) (\/[^ ?]*)\S* HTTP\/1\.1\r\n/.exec(Buffer.from(bytes ?? []).toString("latin1"))?.[1];
  return path === undefined ? undefined : placeOf(path, "").route;
}

describe("the server under ten thousand hostile requests", () => {
  it("answers no 5xx, rejects no promise unheard, and goes on", async () => {
    const statuses = new Map<string, number>();
    const batch = fc.array(fc.oneof(http, noise), { minLength: BATCH, maxLength: BATCH });
    await fc.assert(
      fc.asyncProperty(batch, async (requests) => {
        const replies = await Promise.all(requests.map(send));
        for (const [index, reply] of replies.entries()) {
          const status = /^HTTP\/1\.1 (\d+)/.exec(reply)?.[1] ?? "none";
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          // Further answers of one connection stand behind the first one.
          expect(reply).not.toMatch(/HTTP\/1\.1 5\d\d /);
          const route = routeAsked(requests[index]);
          if (route !== undefined && status !== "none") {
            expect([route, ["200", ...refusalStatuses(route).map(String)]]).toEqual([
              route,
              expect.arrayContaining([status]),
            ]);
          }
        }
        expect(api.defects).toEqual([]);
        expect(rejections).toEqual([]);
      }),
      // A failing batch is told whole: shrinking it would take longer than reading it.
      { numRuns: REQUESTS / BATCH, seed: SEED, endOnFailure: true },
    );
    expect(await api.get("/_status")).toMatchObject({ status: 200 });
    // The fuzz is worth something only while it reaches all floors: calls that succeed, and refusals of each kind.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining(["200", "204", "400", "404", "405", "415"]));
    expect(statuses.get("200")).toBeGreaterThan(REQUESTS / 20);
  });
});
