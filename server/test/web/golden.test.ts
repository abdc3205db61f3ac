/**
 * The dashboard against Sixpack 2.7: every step of conformance/sixpack-2.7/requests.jsonl over real sockets, the
 * `get`s to the API server and the `post`s to the dashboard, then every JSON of results.json.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiServer } from "../../src/api/server.ts";
import { openApp, testContext } from "./support.ts";

interface Step {
  readonly get?: string;
  readonly post?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly status?: number;
}

type Results = Readonly<
  Record<string, { readonly period: Readonly<Record<string, object>>; readonly kpi: Readonly<Record<string, object>> }>
>;

const folder = new URL("../../../conformance/sixpack-2.7/", import.meta.url);
const steps: readonly Step[] = readFileSync(new URL("requests.jsonl", folder), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const results: Results = JSON.parse(readFileSync(new URL("results.json", folder), "utf8"));

let api: Server;
let web: FastifyInstance;
let webUrl: string;

beforeAll(async () => {
  const context = testContext();
  api = createApiServer(context, {
    cors: { origin: "", headers: "", credentials: false, methods: "", exposeHeaders: "" },
    debug: true,
    operations: {
      draining: () => false,
      metrics: async () => ({ contentType: "", body: "" }),
      onDefect: (error) => {
        throw error;
      },
    },
    onAnswer: undefined,
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  web = openApp(context);
  webUrl = await web.listen({ port: 0, host: "127.0.0.1" });
  for (const step of steps) {
    if (step.get !== undefined) {
      const response = await fetch(`${apiUrl}${step.get}`);
      await response.text();
      expect({ ...step, status: response.status }).toEqual(step);
    }
    if (step.post !== undefined) expect(await post(step.post, step.form)).toBe(302);
  }
});

afterAll(async () => {
  api.close();
  await web.close();
});

async function post(path: string, form: Readonly<Record<string, string>> | undefined): Promise<number> {
  const body = new URLSearchParams(form);
  const response = await fetch(`${webUrl}${path}`, { method: "POST", body, redirect: "manual" });
  await response.text();
  return response.status;
}

async function read(path: string): Promise<object> {
  const response = await fetch(`${webUrl}${path}`);
  expect(response.status).toBe(200);
  return response.json();
}

test.each(Object.keys(results))("gives %s the figures of Sixpack 2.7 for every period and KPI", async (name) => {
  for (const [period, expected] of Object.entries(results[name]?.period ?? {})) {
    expect(await read(`/experiments/${name}.json?period=${period}`)).toMatchObject(expected);
  }
  for (const [kpi, expected] of Object.entries(results[name]?.kpi ?? {})) {
    expect(await read(`/experiments/${name}.json?kpi=${encodeURIComponent(kpi)}`)).toMatchObject(expected);
  }
});

test("lists the active experiments with the same figures, in one answer", async () => {
  const list = Object.entries(results)
    .map(
      ([name, { period }]) =>
        ({ name, ...period["day"] }) as { name: string; is_archived: boolean; is_paused: boolean },
    )
    .filter((experiment) => !experiment.is_archived && !experiment.is_paused)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(list.length).toBeGreaterThan(5);
  expect(await read("/experiments.json")).toMatchObject({ experiments: list });
});
