/** JSONP: an answer wrapped into a call of the function that `callback` names. */
import { describe, expect, it } from "vitest";
import { query, sharedApi } from "../support/api.ts";

const api = sharedApi();

function participate(callback: string, client_id = "1") {
  const call = { experiment: "jsonp", alternatives: ["red", "green"], client_id, force: "red", callback };
  return api.get(`/participate?${query(call)}`);
}

describe("an answer with a callback", () => {
  it.each(["seatgeek.cb", "callback1", "_cb", "sixpack.callback-2", "a'b", "x".repeat(255)])(
    "is a call of it: %s",
    async (callback) => {
      const { status, headers, text } = await participate(callback);
      expect(status).toBe(200);
      expect(headers.get("Content-Type")).toBe("application/javascript");
      // Keeps a browser from taking the answer for anything but a script.
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      const plain = await participate("");
      expect(plain.json).toMatchObject({ alternative: { name: "red" }, reason: "forced" });
      expect(text).toBe(`${callback}(${plain.text})`);
    },
  );

  it.each(["", ".a", "'a", "a()", "a b", "alert(1)//", "a[0]", "a\n", "é", "$jq", "x".repeat(256)])(
    "is plain JSON where it is no such name: %j",
    async (callback) => {
      const { status, headers, json } = await participate(callback);
      expect(status).toBe(200);
      expect(headers.get("Content-Type")).toBe("application/json");
      expect(json).toMatchObject({ status: "ok", client_id: "1" });
    },
  );

  it("wraps a refusal with its status", async () => {
    const { status, text } = await api.get("/participate?callback=cb");
    expect(status).toBe(400);
    expect(text).toMatch(/^cb\(\{"status":"failed","message":"missing arguments".*\}\)$/);
  });

  it("wraps /convert, details and status as well, and no text", async () => {
    await api.get("/participate?experiment=jsonp&alternatives=red&alternatives=green&client_id=1");
    for (const path of [
      "/convert?experiment=jsonp&client_id=1",
      "/experiments/jsonp?",
      "/_status?",
      "/experiments/nope?",
    ]) {
      expect((await api.get(`${path}&callback=cb`)).text).toMatch(/^cb\(\{.*\}\)$/);
    }
    expect((await api.get("/?callback=cb")).text).toMatch(/^Sixpack/);
  });

  it("escapes the two line ends that JSON allows in a string and older JavaScript doesn't", async () => {
    const { text } = await participate("cb", "a\u2028b\u2029c");
    expect(text).toContain('"client_id":"a\\u2028b\\u2029c"');
  });
});
