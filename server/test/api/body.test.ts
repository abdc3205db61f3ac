/** How arguments reach the server: query, form, JSON, text/plain; encodings, duplicates and what is no such thing. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { query, sharedApi } from "../support/api.ts";

const api = sharedApi();

const CALL = { experiment: "body", alternatives: ["red", "green"], client_id: "user-1" };
const ANSWER = { status: 200, json: { status: "ok", client_id: "user-1", experiment: { name: "body" } } };

function typed(type: string): RequestInit {
  return { headers: { "Content-Type": type } };
}

describe("a POST", () => {
  it("takes a form, JSON, and JSON sent as text/plain by a beacon", async () => {
    expect(await api.post("/participate", query(CALL))).toMatchObject(ANSWER);
    expect(await api.post("/participate", CALL)).toMatchObject(ANSWER);
    const json = JSON.stringify(CALL);
    expect(await api.post("/participate", json, typed("text/plain;charset=UTF-8"))).toMatchObject(ANSWER);
    expect(await api.post("/participate", json, typed("Application/JSON; charset=utf-8"))).toMatchObject(ANSWER);
    expect(await api.post("/convert", { ...CALL, value: 2, kpi: "sales" })).toMatchObject({
      status: 200,
      json: { conversion: { value: 2, kpi: "sales" } },
    });
  });

  it("takes a body without a content type for a form", async () => {
    const body = query(CALL);
    const head = `POST /participate HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    expect(await api.raw(head + body)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it("takes its arguments from the query where there is no body", async () => {
    expect(await api.post(`/participate?${query(CALL)}`, "")).toMatchObject(ANSWER);
  });

  it("takes numbers and booleans of JSON as their text, and null as not there", async () => {
    const body = {
      ...CALL,
      client_id: 17,
      prefetch: true,
      kpi: null,
      force: null,
      traffic_fraction: 1,
      weights: [1, 3],
    };
    expect(await api.post("/participate", body)).toMatchObject({ status: 200, json: { client_id: "17" } });
  });

  it("lets the query count before the body, and of a list both", async () => {
    const reply = await api.post(
      "/participate?client_id=first&alternatives=red",
      query({ ...CALL, alternatives: ["green"] }),
    );
    expect(reply).toMatchObject({ status: 200, json: { client_id: "first" } });
  });

  it.each([
    "{",
    "[]",
    "null",
    '"text"',
    "1",
    "",
    "{}x",
    "[".repeat(60_000),
    '{"client_id":{}}',
    '{"alternatives":[["a"]]}',
  ])("is refused with 400 for a body that is no JSON object of plain values: %s", async (body) => {
    const code = body === "" ? "missing-arguments" : "invalid-body";
    const reply = await api.post("/participate", body, typed("application/json"));
    expect(reply).toMatchObject({ status: 400, json: { status: "failed", code } });
  });

  it("is refused with what came where a text should be", async () => {
    const detail = async (body: object) => {
      const { json } = await api.post("/participate", { ...CALL, ...body });
      return (json as { readonly detail: string }).detail;
    };
    const expected = "as text, number, boolean or a list of them, got";
    expect(await detail({ client_id: {} })).toBe(`Expected \`client_id\` ${expected} an object`);
    expect(await detail({ alternatives: [["red"]] })).toBe(`Expected \`alternatives\` ${expected} a list in a list`);
  });

  it.each(["text/xml", "multipart/form-data; boundary=x", "application/octet-stream", "json"])(
    "is refused with 415 for a body of type %s",
    async (type) => {
      const reply = await api.post("/participate", "<a/>", typed(type));
      const json = { status: "failed", code: "unsupported-media-type", message: "unsupported media type" };
      expect(reply).toMatchObject({ status: 415, json });
    },
  );

  it("passes over members that are no argument, whatever they hold", async () => {
    const body = { ...CALL, meta: { deep: [1, { a: null }] }, list: [[1]] };
    expect(await api.post("/participate", body)).toMatchObject(ANSWER);
  });

  it.each([76561198000000001n, 9007199254740992n, -9007199254740992n, "1.5", "1e400", "1e21", "true", "false"])(
    "is refused with 400 for the client id %s, which JSON does not keep as it is written, or says of nobody",
    async (id) => {
      const detail = expect.stringContaining(
        "Expected `client_id` as text, or a whole number from -9007199254740991 to",
      );
      const json = { status: "failed", code: "invalid-client-id", message: "invalid client id", detail };
      const participate = `{"experiment":"body","alternatives":["red","green"],"client_id":${id}}`;
      const convert = `{"experiment":"body","client_id":${id}}`;
      expect(await api.post("/participate", participate, typed("application/json"))).toMatchObject({
        status: 400,
        json,
      });
      expect(await api.post("/convert", convert, typed("application/json"))).toMatchObject({ status: 400, json });
      const calls = `{"calls":[{"participate":${participate}},{"participate":${JSON.stringify(CALL)}},{"convert":${convert}}]}`;
      const batch = await api.post("/batch", calls, typed("application/json"));
      expect(batch).toMatchObject({
        status: 200,
        json: { answers: [{ http_status: 400, ...json }, { http_status: 200 }, { http_status: 400, ...json }] },
      });
    },
  );

  it.each([
    ["experiment", "invalid-experiment-name"],
    ["kpi", "invalid-kpi-name"],
    ["id", "invalid-event-id"],
  ])("is refused with 400 for a number as %s that JSON rounds", async (name, code) => {
    const body = `{"client_id":"user-1",${name === "experiment" ? "" : '"experiment":"body",'}"${name}":76561198000000001}`;
    expect(await api.post("/convert", body, typed("application/json"))).toMatchObject({ status: 400, json: { code } });
  });

  it("takes whole numbers that JSON keeps, of any sign", async () => {
    for (const id of [0, -5, Number.MAX_SAFE_INTEGER]) {
      expect(await api.post("/participate", { ...CALL, client_id: id })).toMatchObject({
        json: { client_id: `${id}` },
      });
    }
  });

  /** The text of a JSON body with one byte that is no UTF-8 in it. */
  const withByte = (json: object) => Buffer.from(JSON.stringify(json).replace("BYTE", "\xe9"), "latin1");

  it.each(["client_id", "experiment", "force"])("never replaces a byte of %s that is no UTF-8: 400", async (name) => {
    const body = withByte({ ...CALL, [name]: "caf" + "BYTE" });
    const reply = await api.get("/participate", { method: "POST", body, ...typed("application/json") });
    expect(reply).toMatchObject({ status: 400, json: { code: "invalid-encoding" } });
    const calls = withByte({ calls: [{ participate: { ...CALL, [name]: "BYTE" } }, { participate: CALL }] });
    const batch = await api.get("/batch", { method: "POST", body: calls, ...typed("application/json") });
    expect(batch).toMatchObject({ json: { answers: [{ code: "invalid-encoding" }, { http_status: 200 }] } });
  });

  it("is answered where such a byte stands in text that is only searched, or not read", async () => {
    for (const name of ["user_agent", "ip_address", "ref"]) {
      const body = withByte({ ...CALL, [name]: "CafBYTE 2.0" });
      const reply = await api.get("/participate", { method: "POST", body, ...typed("application/json") });
      expect(reply).toMatchObject(ANSWER);
    }
  });

  it.each(["\\ud800", "\\udc00", "a\\udfffb", "\\ud83d"])(
    "is refused with 400 for half a pair %s in an identity",
    async (half) => {
      for (const name of ["client_id", "experiment", "force"]) {
        const body = JSON.stringify({ ...CALL, [name]: "HALF" }).replace("HALF", half);
        const reply = await api.post("/participate", body, typed("application/json"));
        expect(reply).toMatchObject({ status: 400, json: { code: "invalid-encoding" } });
      }
      const agent = JSON.stringify({ ...CALL, user_agent: "HALF" }).replace("HALF", half);
      expect(await api.post("/participate", agent, typed("application/json"))).toMatchObject(ANSWER);
    },
  );

  it("takes no half of a pair for whole because a byte that is no UTF-8 follows it", async () => {
    const body = Buffer.from(
      `${JSON.stringify({ ...CALL, client_id: 1 }).replace(":1}", ':"\\ud83d')}\xe9"}`,
      "latin1",
    );
    const reply = await api.get("/participate", { method: "POST", body, ...typed("application/json") });
    expect(reply).toMatchObject({ status: 400, json: { code: "invalid-encoding" } });
  });

  it("is not confused by members that every JavaScript object has", async () => {
    const body = `{"__proto__":{"experiment":"evil"},"constructor":"x","toString":"y","client_id":"1"}`;
    const reply = await api.post("/participate", body, typed("application/json"));
    expect(reply).toMatchObject({ status: 400, json: { code: "missing-arguments" } });
    const text = `{"__proto__":"x","constructor":"x","client_id":"1"}`;
    expect(await api.post("/participate", text, typed("application/json"))).toMatchObject({
      status: 400,
      json: { code: "missing-arguments" },
    });
  });
});

describe("a query", () => {
  it("counts the first of an argument given twice", async () => {
    const reply = await api.get(`/participate?${query(CALL)}&client_id=second&experiment=other&force=pink&force=red`);
    expect(reply).toMatchObject(ANSWER);
  });

  it("passes over names it doesn't know, empty parts and a question mark too many", async () => {
    const further = "&&=&=x&__proto__=1&constructor=2&toString&utm_source=mail&a?b";
    expect(await api.get(`/participate?${query(CALL)}${further}`)).toMatchObject(ANSWER);
  });

  it("reads a plus and %20 as a space, in names too", async () => {
    const reply = await api.get(
      "/participate?experiment=body&alternatives=red&alternatives=green&client%5Fid=a+b%20c%2B",
    );
    expect(reply).toMatchObject({ status: 200, json: { client_id: "a b c+" } });
  });

  it.each(["%", "%4", "%zz", "%ff", "%c3%28", "%ed%a0%80", "%f0%9f%8e"])(
    "is refused with 400 for the broken percent-encoding %s where something is told apart by it",
    async (broken) => {
      const json = { status: "failed", code: "invalid-encoding", message: "invalid percent-encoding" };
      const expected = { status: 400, json };
      for (const name of ["client_id", "experiment", "force"]) {
        const call = `${query({ ...CALL, [name]: undefined })}&${name}=a${broken}`;
        expect(await api.get(`/participate?${call}`)).toMatchObject(expected);
        expect(await api.post("/participate", call)).toMatchObject(expected);
      }
      expect(await api.get(`/participate?${query(CALL)}&alternatives=${broken}`)).toMatchObject(expected);
      for (const name of ["client_id", "experiment", "kpi", "id"]) {
        const call = query({ experiment: "body", client_id: "user-1", kpi: "sale", [name]: undefined });
        expect(await api.get(`/convert?${call}&${name}=${broken}`)).toMatchObject(expected);
      }
      expect(await api.get(`/experiments/${broken}`)).toMatchObject(expected);
    },
  );

  it.each(["%", "100%", "%4", "%zz", "caf%E9", "%c3%28", "%ed%a0%80", "%f0%9f%8e"])(
    "is answered as if nothing were broken by %s where it is only searched, or not read at all",
    async (broken) => {
      for (const name of ["user_agent", "ip_address", "callback", "prefetch", "record_force", "ref", "kpi", "x%ff"]) {
        const call = `${query({ ...CALL, client_id: undefined, force: "green" })}&client_id=user-1&${name}=${broken}`;
        expect(await api.get(`/participate?${call}`)).toMatchObject(ANSWER);
        expect(await api.post("/participate", call)).toMatchObject(ANSWER);
      }
    },
  );

  it("knows a robot by what is legible of its name", async () => {
    const robot = `/participate?${query({ ...CALL, experiment: "nobody" })}&user_agent=Caf%E9-Googlebot`;
    expect(await api.get(robot)).toMatchObject({ status: 200 });
    expect(await api.get("/experiments/nobody")).toMatchObject({ status: 404 });
  });

  it("is refused with 400 for characters that should have been encoded, which a form need not", async () => {
    const path = "/participate?experiment=body&alternatives=red&alternatives=green&client_id=";
    for (const raw of ["ünïcödé", "\xff", "a b", "🎲"]) {
      const answer = await api.raw(`GET ${path}${raw} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer).toContain('"code":"bad-request"');
    }
    const form = await api.post("/participate", `${query({ ...CALL, client_id: undefined })}&client_id=ünïcödé-🎲+x`);
    expect(form).toMatchObject({ status: 200, json: { client_id: "ünïcödé-🎲 x" } });
  });
});

describe("a body that comes otherwise", () => {
  const call = { experiment: "other", alternatives: ["a", "b"], client_id: "1" };

  it("is refused with 415 where it is compressed, whatever it is for, and says what is taken", async () => {
    const init = { method: "POST", body: gzipSync(JSON.stringify(call)) };
    for (const path of ["/participate", "/batch", "/ofrep/v1/evaluate/flags"]) {
      const headers = { "Content-Encoding": "gzip", "Content-Type": "application/json" };
      const reply = await api.get(path, { ...init, headers });
      expect(reply).toMatchObject({ status: 415, json: { code: "unsupported-media-type" } });
      expect(reply.headers.get("Accept-Encoding")).toBe("identity");
    }
  });

  it("may begin with a byte order mark", async () => {
    const headers = { "Content-Type": "application/json" };
    const body = `\ufeff${JSON.stringify(call)}`;
    expect((await api.get("/participate", { method: "POST", headers, body })).status).toBe(200);
    expect((await api.post("/batch", { calls: [] })).status).toBe(200);
  });

  it.each(["alternatives[]", "alternatives[0]"])("may name the items of a list as %s", async (name) => {
    const other = name.replace("0", "1");
    const form = new URLSearchParams([
      ["experiment", "listed"],
      ["client_id", "1"],
      [name, "a"],
      [other, "b"],
    ]);
    expect(await api.get(`/participate?${form}`)).toMatchObject({ status: 200 });
    expect(await api.post("/participate", String(form))).toMatchObject({ status: 200 });
    expect((await api.get("/participate?experiment[]=x&client_id=1&alternatives=a&alternatives=b")).status).toBe(400);
  });
});
