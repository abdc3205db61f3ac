/**
 * Request by request, Sixpack 2.7 and this server: what is answered alike, and what is not and stands in the table of
 * differences of docs/http-api.md. The list says both answers; the table says why.
 */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { memoryEngine } from "../store/engines/local.ts";
import { ask, CASES, holds, type Ports } from "../support/answers.ts";
import { type Api, startApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { openApp } from "../web/support.ts";

/** When Sixpack 2.7 was asked. */
const CLOCK = make.clock(() => Date.UTC(2025, 0, 15, 12));

const engine = memoryEngine();
let store: Store;
let api: Api;
let web: FastifyInstance;
let ports: Ports;

beforeAll(async () => {
  await engine.start();
  store = await engine.open();
  api = await startApi({ store, clock: CLOCK });
  web = openApp(make.context({ store }));
  await web.listen({ port: 0, host: "127.0.0.1" });
  ports = { api: api.port, web: (web.server.address() as AddressInfo).port };
});
afterAll(async () => {
  await web.close();
  await api.close();
  await store.close();
  await engine.stop();
});

const alike = CASES.filter(({ here }) => here === undefined);
const different = CASES.filter(({ here }) => here !== undefined);

describe("as Sixpack 2.7, the server answers", () => {
  it.each(alike.map((row) => [row.what, row] as const))("%s", async (_, row) => {
    expect(await ask(ports, row)).toMatchObject(row.sixpack);
  });
});

describe("unlike Sixpack 2.7, the server answers", () => {
  it.each(different.map((row) => [row.what, row] as const))("%s", async (_, row) => {
    const answer = await ask(ports, row);
    expect(answer).toMatchObject(row.here ?? {});
    // Whatever became alike leaves the list, and its row the table.
    expect(holds(answer, row.sixpack)).toBe(false);
  });
});

describe("the table of differences", () => {
  it("has a row for every difference of the list, and the list shows every row", () => {
    const docs = readFileSync(new URL("../../../docs/http-api.md", import.meta.url), "utf8");
    const [, section = ""] = docs.split("## What differs from Sixpack 2.7 on purpose");
    const [, , ...rows] = section.split(/\n#{2,3} /)[0]?.match(/^\|.*\|$/gm) ?? [];
    const named = rows.map((row) => row.split("|")[1]?.trim());
    expect(new Set(named).size).toBe(named.length);
    expect(named.toSorted()).toEqual([...new Set(different.map(({ difference }) => difference))].toSorted());
  });

  it("belongs to a list of some length, each request once", () => {
    expect(CASES.length).toBeGreaterThanOrEqual(300);
    expect(new Set(CASES.map(({ what }) => what)).size).toBe(CASES.length);
  });
});
