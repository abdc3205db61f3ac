/**
 * Sixpack 2.7, answer for answer, on every engine: each step of conformance/sixpack-2.7/requests.jsonl over real
 * sockets, the `get`s to the API server and the `post`s to the dashboard, then every JSON of results.json.
 */
import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OUR_PARTICIPATION_FIELDS } from "../../src/api/participation.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import type { Store } from "../../src/store/store.ts";
import { embeddedEngine, memoryEngine } from "../store/engines/local.ts";
import { redisEngine } from "../store/engines/redis.ts";
import { type Api, startApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { openApp } from "../web/support.ts";

interface Step {
  readonly get?: string;
  readonly post?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly body?: object;
  /** Fields of the body that may differ. */
  readonly ignore?: readonly string[];
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

/** What we add to the bodies of 2.7. */
const OUR_FIELDS = ["code", "detail", ...Object.keys(OUR_PARTICIPATION_FIELDS)];

describe.each([memoryEngine(), embeddedEngine(), redisEngine()])("the $name engine, as Sixpack 2.7", (engine) => {
  let store: Store;
  let api: Api;
  let web: FastifyInstance;
  let webUrl: string;

  beforeAll(async () => {
    await engine.start();
    store = await engine.open();
    const context = make.context({ store });
    api = await startApi({ store, clock: context.clock, debug: true, cors: { origin: "" } });
    web = openApp(context);
    webUrl = await web.listen({ port: 0, host: "127.0.0.1" });
  });

  afterAll(async () => {
    expect(api.defects).toEqual([]);
    await api.close();
    await web.close();
    await store.close();
    await engine.stop();
  });

  async function read(path: string): Promise<object> {
    const response = await fetch(`${webUrl}${path}`);
    expect(response.status).toBe(200);
    return response.json() as Promise<object>;
  }

  test("answers every one of 3,000 requests with the recorded status and body", async () => {
    for (const step of steps) {
      if (step.get !== undefined) {
        const response = await fetch(`${api.url}${step.get}`);
        const body = without(await response.json(), [...OUR_FIELDS, ...(step.ignore ?? [])]);
        expect({ get: step.get, status: response.status, body }).toEqual({
          get: step.get,
          status: step.status,
          body: without(step.body, step.ignore ?? []),
        });
      }
      if (step.post !== undefined) {
        const body = new URLSearchParams(step.form);
        const response = await fetch(`${webUrl}${step.post}`, { method: "POST", body, redirect: "manual" });
        await response.text();
        expect(response.status).toBe(302);
      }
    }
  });

  test.each(Object.keys(results))("then gives %s the figures of Sixpack 2.7 for every period and KPI", async (name) => {
    for (const [period, expected] of Object.entries(results[name]?.period ?? {})) {
      expect(await read(`/experiments/${name}.json?period=${period}`)).toMatchObject(expected);
    }
    for (const [kpi, expected] of Object.entries(results[name]?.kpi ?? {})) {
      expect(await read(`/experiments/${name}.json?kpi=${encodeURIComponent(kpi)}`)).toMatchObject(expected);
    }
  });

  test("then lists the active experiments with the same figures, in one answer", async () => {
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

  test("then has tallies that equal the records", async () => {
    for (const experiment of await store.definitions.list()) {
      expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual(
        [],
      );
    }
  });
});

function without(body: unknown, fields: readonly string[]): object {
  return Object.fromEntries(Object.entries(body as object).filter(([field]) => !fields.includes(field)));
}
