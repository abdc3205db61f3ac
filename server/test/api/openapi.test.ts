import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NAMED_ROUTES, ROUTES, type Route } from "../../src/api/paths.ts";
import { API_REFUSALS, refusalStatuses } from "../../src/api/refusals.ts";
import { ERRORS } from "../../src/domain/errors.ts";
import { type Api, startApi } from "../support/api.ts";

interface Operation {
  readonly responses: Record<string, object>;
  readonly parameters: readonly { readonly name: string; readonly required?: boolean }[];
}
type Operations = Record<string, Operation>;

/** The path of the document that describes each route. */
const PATHS = new Map<Route, string>([
  ...Object.entries(ROUTES).map(([path, route]) => [route, path] as const),
  ...Object.entries(NAMED_ROUTES).map(([prefix, route]) => [route, `${prefix}{name}`] as const),
]);

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function documented(): Promise<Record<string, Operations>> {
  const { json } = await api.get("/openapi.json");
  return (json as { paths: Record<string, Operations> }).paths;
}

describe("/openapi.json", () => {
  it("names for every route the status of every refusal that it can give, and no other", async () => {
    const paths = await documented();
    expect(Object.keys(paths).sort()).toEqual([...PATHS.values()].sort());
    for (const [route, path] of PATHS) {
      const expected = new Set(["200", ...refusalStatuses(route).map(String)]);
      for (const operation of Object.values(paths[path] ?? {})) {
        expect([route, new Set(Object.keys(operation.responses))]).toEqual([route, expected]);
      }
    }
  });

  it("knows the quotas, the closed door and the strain of every route that has them", async () => {
    const paths = await documented();
    const has = (path: string, status: number) => Object.hasOwn(paths[path]?.["get"]?.responses ?? {}, status);
    expect([403, 409, 429, 503].map((status) => has("/participate", status))).toEqual([true, false, true, true]);
    expect([403, 409, 429, 503].map((status) => has("/convert", status))).toEqual([true, false, true, true]);
    expect(has("/experiments/{name}", 429)).toBe(true);
    expect(has("/healthz", 429)).toBe(false);
  });

  it.each([
    ["/participate", 400],
    ["/participate?experiment=a&alternatives=b&alternatives=c&client_id=d&traffic_fraction=7", 400],
    ["/convert?experiment=none&client_id=a", 400],
    ["/experiments/none", 404],
    ["/experiments/%zz", 400],
    [`/participate?x=${"x".repeat(20_000)}`, 414],
  ])("has the status that %.60s gives", async (url, status) => {
    const paths = await documented();
    expect((await api.get(url)).status).toBe(status);
    const path = url.startsWith("/experiments/") ? "/experiments/{name}" : (url.split("?")[0] ?? "");
    expect(Object.keys(paths[path]?.["get"]?.responses ?? {})).toContain(String(status));
  });

  it.each([
    ["/participate", ["experiment", "client_id", "alternatives"]],
    ["/convert", ["client_id"]],
  ])("requires of %s what is refused as missing, and no more", async (path, names) => {
    const parameters = (await documented())[path]?.["get"]?.parameters ?? [];
    expect(parameters.filter(({ required }) => required === true).map(({ name }) => name)).toEqual(names);
    expect(parameters.map(({ name }) => name)).toContain("experiment");
    await api.get("/participate?experiment=a&alternatives=b&alternatives=c&client_id=d");
    const everywhere = await api.get("/convert?client_id=d&kpi=sales");
    expect(everywhere.status).toBe(200);
  });

  it("is derived from codes that have a status", () => {
    for (const code of Object.keys(API_REFUSALS)) expect(Object.keys(ERRORS)).toContain(code);
  });
});
