/** One path, as clients, libraries and proxies write it. */
import { describe, expect, it } from "vitest";
import { query, sharedApi } from "../support/api.ts";

const CALL = query({ experiment: "paths", alternatives: ["red", "green"], client_id: "1" });
const TARGETS = [
  "/participate",
  "//participate",
  "///participate",
  "/participate/",
  "/participate//",
  "/%70articipate",
  "/p%61rticipat%65",
  "http://sixpack.test/participate",
  "http://sixpack.test:5000//participate/",
  "HTTPS://sixpack.test/%70articipate",
];

describe.each(["", "/sixpack"])("under the base path %j", (basePath) => {
  const api = sharedApi({ basePath });
  const mounted = (target: string) => {
    const [, origin = "", path = target] = /^(https?:\/\/[^/]*)(.*)$/i.exec(target) ?? [];
    return `${origin}${basePath}${path}`;
  };
  const send = (method: string, target: string) =>
    api.raw(`${method} ${target} HTTP/1.1\r\nHost: sixpack.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);

  it.each(TARGETS)("takes part at %s, by GET and by POST", async (target) => {
    for (const method of ["GET", "POST"]) {
      const answer = await send(method, `${mounted(target)}?${CALL}`);
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).toContain('"experiment":{"name":"paths"},"client_id":"1"');
    }
  });

  it.each(["//_status", "/%5Fstatus", "/_status/", "//convert", "//experiments/paths", "/experiments//paths/"])(
    "knows the other routes at %s too",
    async (target) => {
      const answer = await send("GET", mounted(target));
      expect(answer).toMatch(target.includes("convert") ? /"missing-arguments"/ : /^HTTP\/1\.1 200 /);
    },
  );

  it("greets at the root, however it is written", async () => {
    const roots = basePath === "" ? ["/", "//", "http://sixpack.test"] : [basePath, `${basePath}/`, `/${basePath}//`];
    for (const root of roots) expect(await send("GET", root)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("keeps what is encoded in a name: a slash in it is no path", async () => {
    expect(await send("GET", mounted("/experiments/home%2Fhero"))).toContain('"code":"experiment-not-found"');
    expect(await send("GET", mounted("/experiments/home/hero"))).toContain('"code":"not-found"');
  });

  it("knows its metrics by one spelling, so that a proxy can close them by their path", async () => {
    expect(await send("GET", `${basePath}/metrics`)).toMatch(/^HTTP\/1\.1 200 /);
    for (const path of ["//metrics", "/metrics/", "/%6Detrics", "http://sixpack.test/metrics"]) {
      expect(await send("GET", mounted(path))).toMatch(/^HTTP\/1\.1 404 /);
    }
  });

  it("finds a path under its base path only", async () => {
    if (basePath !== "") expect(await send("GET", "//participate")).toContain('"code":"not-found"');
    expect(await send("GET", `${basePath}/x/participate`)).toContain('"code":"not-found"');
    // Steps are taken by whoever makes the URL, as browsers do; here they are names.
    expect(await send("GET", `${basePath}/./participate`)).toContain('"code":"not-found"');
    expect(await send("GET", `${basePath}/a/%2E%2e/participate`)).toContain('"code":"not-found"');
  });
});
