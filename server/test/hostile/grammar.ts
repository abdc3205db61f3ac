/**
 * Requests that nobody would send on purpose: HTTP of a grammar over what the API and the dashboard take, with hostile
 * values, and mutations of it that are HTTP at best in part. All of them are bytes, to be sent over sockets as they are.
 */
import { connect } from "node:net";
import fc from "fast-check";
import { ROWS } from "../../src/api/arguments.ts";
import { NAMED_ROUTES, ROUTES } from "../../src/api/paths.ts";
import { ALL_ACTS } from "../../src/service/administer/acts/undo.ts";
import { described } from "./described.ts";

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
/** All that a call takes, and names that are none or come from every object. */
const NAMED = [...ROWS.keys(), "segment.device", "segment.x", "__proto__", "constructor", "nonsense"];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("true", "yes", "2025-01-31", "2025-02-30", "Googlebot", "10.0.0.7", "cb", "<b>"),
  },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
);
const pairs = fc.array(fc.tuple(fc.constantFrom(...NAMED), value), { maxLength: 12 });
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
      ...[...Object.keys(ROUTES), "/participate", "/participate", "/convert", "/convert"],
      ...Object.keys(NAMED_ROUTES).flatMap((path) => [`${path}a`, `${path}%zz`]),
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
/** What the kinds of documents look like when they mean something. */
const documents = fc.oneof(
  fc.record(
    {
      context: fc.record({ targetingKey: value, sixpackRecord: fc.boolean() }),
      trackingEventName: value,
      trackingEventDetails: fc.record({ value: fc.double(), id: value }, { requiredKeys: [] }),
    },
    { requiredKeys: ["context"] },
  ),
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

/** A request to the API. */
export const apiRequest = fc
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

/** Bytes, and the requests of a grammar with a few bytes changed, cut short, or with noise behind them. */
export function mutated(request: fc.Arbitrary<Buffer>): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(request, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([bytes, position, patch]) => {
      const changed = Buffer.from(bytes);
      changed.set(patch.slice(0, Math.max(0, changed.length - (position % changed.length))), position % changed.length);
      return changed;
    }),
    fc.tuple(request, fc.nat()).map(([bytes, length]) => bytes.subarray(0, length % bytes.length)),
    fc.tuple(request, fc.uint8Array({ maxLength: 50 })).map((parts) => Buffer.concat(parts)),
  );
}

const webPath = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom("a", "b", "c", "gone", "%F0%9F%8E%B2", "%00", "%zz", "a%2Fb", "..", "constructor"),
        fc.constantFrom(
          ...["", "/", ".json", "/chart.svg", "/summary.md", "/export.csv", "/clients.csv", "/export", "/winner"],
          ...ALL_ACTS.map((act) => `/${act.path.replace("<alternative>", "x")}`),
        ),
      )
      .map(([name, rest]) => `/experiments/${name}${rest}`),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...["/", "/all", "/paused", "/archived", "/experiments.json", "/experiments", "/activity", "/removed", "/method"],
      ...["/login", "/theme", "/_status", "/favicon.ico", "/nowhere"],
    ),
  },
  {
    weight: 3,
    // Files: folders, steps out of theirs, other spellings, and names that are none.
    arbitrary: fc
      .array(
        fc.constantFrom(
          "..",
          ".",
          "",
          "%2e%2e",
          "%5c..",
          "x.js",
          "manifest.json",
          "etc",
          "passwd",
          "%00",
          "a".repeat(300),
        ),
        { maxLength: 5 },
      )
      .map((steps) => `/assets/${steps.join("/")}`),
  },
  { weight: 1, arbitrary: fc.webPath() },
  // Depth.
  { weight: 1, arbitrary: fc.nat(400).map((depth) => "/x".repeat(depth)) },
);

const FIELDS = [
  ...["kpi", "period", "baseline", "from", "to", "diff", "chart", "status", "q", "sort", "order", "health", "page"],
  ...[
    "experiment",
    "before",
    "next",
    "back",
    "theme",
    "name",
    "password",
    "alternatives",
    "weights",
    "traffic_fraction",
  ],
  ...["alternative_name", "alternative", "description", "paused", "archived", "confirm_name", "life", "at_ms"],
  ...["action", "role", "better", "decides_on", "margin", "participants", "clear", "policy", "goal", "pending_path"],
  ...["pending.description", "pending_label", "kpis", "__proto__", "constructor"],
];
const webFields = fc
  .array(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength: 10 })
  .map((fields) => fields.map(([name, text]) => `${encodeURIComponent(name)}=${escaped(text)}`).join("&"));

const webHeaders = fc.array(
  fc.constantFrom(
    ...["Accept: text/html", "Accept: application/json", "Accept: */*", "Accept-Encoding: gzip", "Expect: foo"],
    ...["Expect: 100-continue", "Range: bytes=0-1", "Range: bytes=999999999-", "Range: bytes=5-1,-1", "Range: x"],
    ...['If-Match: "x"', "If-Match: *", 'If-None-Match: "x"', "If-None-Match: *", "If-Modified-Since: yesterday"],
    ...["If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "Origin: http://evil.example", "Origin: null"],
    ...["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin", "Authorization: Bearer sxp_x", "Authorization: x"],
    ...["X-HTTP-Method-Override: DELETE", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-User: ada", "Via: 1.1 x"],
    ...["Cookie: sixpack_session=x.y; _csrf_token=x.y", "Cookie: =; ;;", "Cookie: sixpack_flash=e30.x", "Host: evil"],
    ...["Upgrade: websocket", "Content-Encoding: gzip", "Content-Type: multipart/form-data; boundary=x"],
  ),
  { maxLength: 4 },
);

/**
 * A request to the dashboard.
 * @param session headers of somebody who is logged in, and the token of their forms; every third request goes without
 */
export function webRequest(session: { readonly headers: string; readonly token: string }): fc.Arbitrary<Buffer> {
  return fc
    .record({
      method: fc.constantFrom("GET", "GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"),
      path: webPath,
      query: webFields,
      headers: webHeaders,
      type: fc.constantFrom("application/x-www-form-urlencoded", "application/json", "text/plain", ""),
      body: fc.oneof({ weight: 5, arbitrary: webFields }, { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) }),
      known: fc.nat(2),
      own: fc.option(described(value)),
    })
    .map((request) => {
      const { query, headers, known, own } = request;
      const token = known === 0 ? "" : encodeURIComponent(session.token);
      const { method, path, type, body } = own === null ? request : asProgram(own);
      const form = own === null ? `${body}&_csrf_token=${token}` : body;
      const bytes = Buffer.from(method === "GET" || method === "HEAD" ? "" : form, "utf8");
      const lines = [
        `${method} ${path}?${query} HTTP/1.1`,
        "Host: localhost",
        ...(type === "" ? [] : [`Content-Type: ${type}`]),
        ...(known === 0 || session.headers === "" ? [] : [session.headers]),
        ...headers,
        ...(own === null ? [] : ["Accept: application/json, text/event-stream", `X-CSRFToken: ${session.token}`]),
        `Content-Length: ${bytes.length}`,
      ];
      return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), bytes]);
    });
}

/** As programs call what is described. */
function asProgram({ path, body }: { readonly path: string; readonly body: string }) {
  return { path, body, method: body === "" ? "GET" : "POST", type: "application/json" };
}

/** Sends bytes, closes the sending side, and resolves to all that came back. */
export function send(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      received += chunk;
    });
    // A reset connection is an answer too: what counts is that the server goes on.
    socket.on("error", () => undefined).on("close", () => resolve(received));
  });
}
