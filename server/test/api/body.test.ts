/** How arguments reach the server: query, form, JSON, text/plain; encodings, duplicates and what is no such thing. */
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

  it.each(["text/xml", "multipart/form-data; boundary=x", "application/octet-stream", "json"])(
    "is refused with 415 for a body of type %s",
    async (type) => {
      const reply = await api.post("/participate", "<a/>", typed(type));
      const json = { status: "failed", code: "unsupported-media-type", message: "unsupported media type" };
      expect(reply).toMatchObject({ status: 415, json });
    },
  );

  it("is not confused by members that every JavaScript object has", async () => {
    const body = `{"__proto__":{"experiment":"evil"},"constructor":"x","toString":"y","client_id":"1"}`;
    const reply = await api.post("/participate", body, typed("application/json"));
    expect(reply).toMatchObject({ status: 400 });
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
    "is refused with 400 for the broken percent-encoding %s, wherever it stands",
    async (broken) => {
      const json = { status: "failed", code: "invalid-encoding", message: "invalid percent-encoding" };
      const expected = { status: 400, json };
      expect(
        await api.get(`/participate?${query({ ...CALL, client_id: undefined })}&client_id=${broken}`),
      ).toMatchObject(expected);
      expect(await api.get(`/participate?${query(CALL)}&${broken}=1`)).toMatchObject(expected);
      expect(await api.post("/participate", `${query(CALL)}&kpi=${broken}`)).toMatchObject(expected);
      expect(await api.get(`/experiments/${broken}`)).toMatchObject(expected);
    },
  );

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
