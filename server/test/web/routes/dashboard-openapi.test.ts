/** What `/openapi.json` of the dashboard promises to programs, asked of a dashboard with tokens. */
import { Check } from "typebox/value";
import { expect, test } from "vitest";
import { hashToken, makeToken } from "../../../src/ops/token.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";

const TOKEN = makeToken(Buffer.alloc(32, 3));
const context = make.context();
const app = openApp(context, {
  access: { mode: { kind: "password", users: [] }, tokens: [{ name: "job", role: "viewer", hash: hashToken(TOKEN) }] },
});
const authorization = `Bearer ${TOKEN}`;

interface Operation {
  readonly security?: readonly object[];
  readonly "x-role"?: string;
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
}

async function described() {
  const { paths, components } = (await app.inject("/openapi.json")).json();
  return { paths: Object.entries<Readonly<Record<string, Operation>>>(paths), components };
}

const filled = (path: string) => path.replace("{name}", "button").replace("{alternative}", "blue");

test("everything that is read is there, of that type, and for that role", async () => {
  await createExperiment(context, "button");
  const { paths } = await described();
  const readings = paths.flatMap(([path, { get }]) => (get === undefined ? [] : [[path, get] as const]));
  expect(readings.length).toBeGreaterThan(8);
  for (const [path, { security, responses, "x-role": role }] of readings) {
    const url = filled(path);
    const answer = await app.inject({ url, headers: { authorization } });
    const [type = ""] = Object.keys(responses["200"]?.content ?? {});
    if (role === "admin") expect(answer.statusCode, path).toBe(403);
    else
      expect([answer.statusCode, answer.headers["content-type"]], path).toEqual([200, expect.stringContaining(type)]);
    expect((await app.inject(url)).statusCode, path).toBe(security === undefined ? 401 : 200);
  }
});

test("everything that is posted is there, and refused to a viewer as the description says", async () => {
  const { paths, components } = await described();
  const postings = paths.filter(([, { post }]) => post !== undefined);
  expect(postings.length).toBeGreaterThan(25);
  for (const [path, { post }] of postings) {
    const headers = { authorization, accept: "application/json" };
    const answer = await app.inject({ method: "POST", url: filled(path), headers, payload: {} });
    expect(answer.statusCode, path).toBe(403);
    expect(Check(components.schemas.Refusal, answer.json()), path).toBe(true);
    expect(answer.json().detail, path).toContain(post?.["x-role"]);
  }
});
