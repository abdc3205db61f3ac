/** A database of Sixpack 2.7, recorded from a run of it, moved into each engine. */
import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { clientKey, digestOf } from "../../../src/domain/digest.ts";
import { type ClientId, type ExperimentName, parseClientId } from "../../../src/domain/names.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import { participate } from "../../../src/service/participate.ts";
import {
  type ImportResult,
  importSixpack,
  type SixpackImportOptions,
} from "../../../src/service/transfer/import-sixpack.ts";
import { eachBit } from "../../../src/service/transfer/sixpack/bitmap.ts";
import { SixpackSource } from "../../../src/service/transfer/sixpack/source.ts";
import { RedisReader } from "../../../src/store/redis/reader.ts";
import type { Store } from "../../../src/store/store.ts";
import type { StoredClient } from "../../../src/store/transfer.ts";
import { embeddedEngine, memoryEngine } from "../../store/engines/local.ts";
import { redisEngine } from "../../store/engines/redis.ts";
import { talliesOf } from "../../store/fixtures.ts";
import * as make from "../../support/make.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { fill, type Keyspace, recordedKeyspace } from "../../support/sixpack-keyspace.ts";
import { openApp } from "../../web/support.ts";

type Results = Readonly<
  Record<string, { readonly period: Readonly<Record<string, object>>; readonly kpi: Readonly<Record<string, object>> }>
>;

const RESULTS: Results = JSON.parse(
  readFileSync(new URL("../../../../conformance/sixpack-2.7/results.json", import.meta.url), "utf8"),
);
const KEYSPACE = recordedKeyspace();

let server: RedisServer;
let reader: RedisReader;

beforeAll(async () => {
  server = await RedisServer.start();
  reader = await RedisReader.open({ socketPath: server.socketPath });
});
beforeEach(async () => {
  await server.command("FLUSHALL");
  await fill(server.socketPath, KEYSPACE);
});
afterAll(async () => {
  await reader.close();
  await server.stop();
});

async function run(
  context: make.TestContext,
  options: Partial<SixpackImportOptions> = {},
): Promise<readonly ImportResult[]> {
  const results: ImportResult[] = [];
  const imported = importSixpack(context, new SixpackSource(reader, "sxp"), {
    names: [],
    dryRun: false,
    replace: false,
    keepClientIds: false,
    actor: "test",
    from: "a test",
    onTotal: () => {},
    onProgress: () => {},
    ...options,
  });
  for await (const result of imported) results.push(result);
  return results;
}

/** Who had what, by the bitmaps themselves. */
function* recordedAssignments(keyspace: Keyspace, name: string): Iterable<{ client: ClientId; alternative: string }> {
  const users = new Map((keyspace[`sxp:e:${name}:users`]?.zset ?? []).map(([id, number]) => [number, id]));
  for (const alternative of keyspace[`sxp:e:${name}:alternatives`]?.list ?? []) {
    const found: string[] = [];
    eachBit(Buffer.from(keyspace[`sxp:p:${name}:${alternative}:all`]?.string ?? "", "hex"), (number) => {
      const id = users.get(number);
      if (id !== undefined) found.push(id);
    });
    for (const id of found) yield { client: parseClientId(id), alternative };
  }
}

describe.each([memoryEngine(), embeddedEngine(), redisEngine()])(
  "a database of Sixpack 2.7 in the $name engine",
  (engine) => {
    let store: Store;
    let context: make.TestContext;
    let web: FastifyInstance;

    beforeAll(() => engine.start());
    beforeEach(async () => {
      store = await engine.open();
      context = make.context({ store });
      web = openApp(context);
    });
    afterEach(async () => {
      await web.close();
      await store.close();
    });
    afterAll(() => engine.stop());

    async function read(path: string): Promise<object> {
      const response = await web.inject(path);
      expect(response.statusCode).toBe(200);
      return response.json();
    }

    it("gives the figures of Sixpack 2.7 for every experiment, period and KPI", async () => {
      const results = await run(context);
      expect(results.map(({ kind }) => kind)).toEqual(Object.keys(RESULTS).map(() => "loaded"));
      for (const [name, { period, kpi }] of Object.entries(RESULTS)) {
        for (const [kind, expected] of Object.entries(period)) {
          expect(await read(`/experiments/${name}.json?period=${kind}`)).toMatchObject(expected);
        }
        for (const [name_, expected] of Object.entries(kpi)) {
          expect(await read(`/experiments/${name}.json?kpi=${encodeURIComponent(name_)}`)).toMatchObject(expected);
        }
      }
      for (const experiment of await store.definitions.list()) {
        expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual(
          [],
        );
      }
    });

    it("answers every client whose id is known with its old alternative", async () => {
      await run(context);
      let asked = 0;
      for (const experiment of await store.definitions.list()) {
        if (experiment.archived || experiment.paused) continue;
        const participants = (await talliesOf(store, experiment)).length;
        for (const { client, alternative } of recordedAssignments(KEYSPACE, experiment.name)) {
          const alternatives = experiment.alternatives.map(({ name }) => name);
          const request = make.request({ experiment: experiment.name, alternatives, client });
          const answer = await participate(context, request);
          expect(experiment.alternatives[answer.index]?.name).toBe(alternative);
          asked += 1;
        }
        expect((await talliesOf(store, experiment)).length).toBe(participants);
      }
      expect(asked).toBeGreaterThan(300);
    });

    it.each([true, false])("stores the ids that the original knows where ids are kept: %s", async (keepClientIds) => {
      await run(context, { names: ["email-hero"], keepClientIds });
      const experiment = await store.definitions.read("email-hero");
      const records: StoredClient[] = [];
      for await (const batch of experiment ? store.transfer.exportRecords(experiment) : []) records.push(...batch);
      // Each under the key of its id; who has a number but neither took part nor was excluded has no record.
      const known = (KEYSPACE["sxp:e:email-hero:users"]?.zset ?? []).map(([id]) => parseClientId(id));
      const idOf = new Map(known.map((id) => [clientKey(digestOf("email-hero" as ExperimentName, id)), id]));
      expect(records.length).toBeGreaterThan(50);
      for (const { client, id } of records) {
        expect(idOf.has(client)).toBe(true);
        expect(id).toBe(keepClientIds ? idOf.get(client) : undefined);
      }
    });

    it("may be run again, and leaves what is there alone unless it is told to replace it", async () => {
      await run(context, { names: ["banner", "email-hero"] });
      expect((await run(context)).filter(({ kind }) => kind === "taken")).toMatchObject([
        { same: true },
        { same: true },
      ]);
      const name = "banner" as ExperimentName;
      const before = await store.definitions.read(name);
      const changed = before && (await store.definitions.change({ ...before, description: "mine" }));
      expect((await run(context, { names: ["banner"] })).map(({ kind }) => kind)).toEqual(["taken"]);
      expect((await store.definitions.read(name))?.description).toBe("mine");
      expect((await run(context, { names: ["banner"], replace: true })).map(({ kind }) => kind)).toEqual(["loaded"]);
      expect((await store.definitions.read(name))?.description).toBeNull();
      expect((await store.lives.listRemoved()).map(({ experiment }) => experiment.description)).toEqual(["mine"]);
      expect(changed?.kind).toBe("changed");
    });

    it("leaves nothing where it fails, and frees what one left whose process died", async () => {
      const onProgress = () => {
        throw new Error("interrupted");
      };
      const interrupted = () => run(context, { names: ["email-hero"], onProgress });
      await expect(interrupted()).rejects.toThrow("interrupted");
      expect(await store.transfer.listStaged()).toEqual([]);
      const dead = vi.spyOn(store.transfer, "discard").mockRejectedValueOnce(new Error("dead"));
      await expect(interrupted()).rejects.toThrow("interrupted");
      dead.mockRestore();
      expect(await store.definitions.list()).toEqual([]);
      expect(await store.transfer.listStaged()).toHaveLength(1);
      expect((await run(context, { names: ["email-hero"] })).map(({ kind }) => kind)).toEqual(["loaded"]);
      expect(await store.transfer.listStaged()).toEqual([]);
    });

    it("logs each import, and writes nothing in a dry run", async () => {
      const surveyed = await run(context, { dryRun: true });
      expect(await store.definitions.list()).toEqual([]);
      expect(await store.activity.read({ limit: 1 })).toEqual([]);
      const loaded = await run(context);
      const contents = (results: readonly ImportResult[]) =>
        results.map((result) => ("contents" in result ? result.contents : result));
      expect(contents(surveyed)).toEqual(contents(loaded));
      expect(await store.activity.read({ limit: 100 })).toHaveLength(loaded.length);
      expect(await store.activity.read({ experiment: "search", limit: 1 })).toMatchObject([
        { action: "import", actor: "test", before: "a test", after: "2 clients, 27 counts without ids" },
      ]);
    });
  },
);

describe("reading a database of Sixpack", () => {
  it("sends only commands that read", async () => {
    const before = await server.command("INFO", "commandstats");
    await run(make.context(), { dryRun: true });
    const sent = (info: string) => new Set([...info.matchAll(/cmdstat_(\S+?):/g)].map(([, name]) => name));
    const known = sent(before);
    const added = [...sent(await server.command("INFO", "commandstats"))].filter((name) => !known.has(name));
    const reads = [
      "get",
      "getrange",
      "hgetall",
      "info",
      "lrange",
      "ping",
      "smembers",
      "strlen",
      "zcard",
      "zrangebyscore",
    ];
    for (const name of added) expect([...reads, "quit", "client|setname", "hello"]).toContain(name);
    expect(await server.command("DBSIZE")).toBe(`:${Object.keys(KEYSPACE).length}\r\n`);
  });

  it("reads winners, excluded clients, traffic fractions and dates of every version", async () => {
    const hash = { created_at: "2013-06-01 12:34:56.789012", traffic_dist: "25" };
    await fill(server.socketPath, {
      "sxp:e": { set: ["old"] },
      "sxp:e:old": { hash },
      "sxp:e:old:alternatives": { list: ["a", "b"] },
      "sxp:e:old:winner": { string: Buffer.from("b").toString("hex") },
      "sxp:e:old:users": {
        zset: [
          ["ann", 0],
          ["bob", 1],
          ["cid", 2],
          ["dee", 9],
        ],
      },
      "sxp:e:old:excluded": { string: "40" },
      "sxp:p:old:_all:all": { string: "a0" },
      "sxp:p:old:a:all": { string: "a0" },
      "sxp:p:old:b:all": { string: "20" },
      "sxp:p:old:days": { set: ["2013-06-02"] },
      "sxp:p:old:_all:2013-06-02": { string: "80" },
      "sxp:c:old:days": { set: ["2013-06-03"] },
      "sxp:c:old:_all:users:2013-06-03": { string: "c0" },
      "sxp:c:old:_all:users:all": { string: "c0" },
    });
    const context = make.context();
    const [result] = await run(context, { names: ["old"] });
    expect(result).toMatchObject({
      kind: "loaded",
      definition: { winner: "b", createdAtMs: Date.parse("2013-06-01T12:34:56Z"), epochs: [{ trafficFraction: 0.25 }] },
      contents: { records: 3, unrecorded: 0 },
      oddities: { twoAlternatives: 1, withoutDay: 1, strayConversions: 1 },
    });
  });

  it("says which experiment can't be stored, and goes on with the others", async () => {
    await fill(server.socketPath, { "sxp:e": { set: ["broken"] }, "sxp:e:broken:alternatives": { list: ["alone"] } });
    const results = await run(make.context());
    const refused = results.filter((result) => result.kind === "refused");
    expect(refused).toEqual([{ kind: "refused", name: "broken", reason: expect.stringContaining("got 1 in broken") }]);
    expect(results.filter(({ kind }) => kind === "loaded")).toHaveLength(Object.keys(RESULTS).length);
  });

  it("refuses a name that the source doesn't have", async () => {
    await expect(run(make.context(), { names: ["banner", "nobody"] })).rejects.toMatchObject({
      code: "experiment-not-found",
      detail: expect.stringContaining("nobody"),
    });
  });
});
