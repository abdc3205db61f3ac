/** Out of one store and into another by a file: everything is the same afterwards, for every pair of engines. */
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { assigned, EXCLUDED } from "../../../../src/domain/assignment.ts";
import { clientKey, digestOf } from "../../../../src/domain/digest.ts";
import { withAlternative, withEpoch } from "../../../../src/domain/epochs.ts";
import { type Experiment, withArchived, withWinner } from "../../../../src/domain/experiment.ts";
import { withKpi } from "../../../../src/domain/experiment-kpis.ts";
import type { KpiDefinition } from "../../../../src/domain/kpi-definition.ts";
import { type AlternativeName, type ClientId, parseKpiName } from "../../../../src/domain/names.ts";
import type { Day } from "../../../../src/domain/period.ts";
import { tallyDifferences } from "../../../../src/domain/tally-differences.ts";
import { compact } from "../../../../src/service/administer/compact.ts";
import { exportFile } from "../../../../src/service/transfer/file/export-file.ts";
import { takenMax } from "../../../../src/service/transfer/file/import-activity.ts";
import { ACTIVITY_MAX } from "../../../../src/store/activity.ts";
import type { Store } from "../../../../src/store/store.ts";
import type { StoredClient } from "../../../../src/store/transfer.ts";
import { embeddedEngine, memoryEngine } from "../../../store/engines/local.ts";
import { redisEngine } from "../../../store/engines/redis.ts";
import { client, named, sorted } from "../../../store/fixtures.ts";
import * as make from "../../../support/make.ts";
import { HOSTILE_NAMES } from "../../../support/names.ts";
import { fileOf, read } from "./lines.ts";

const ENGINES = [memoryEngine(), embeddedEngine(), redisEngine()];
const PAIRS = ENGINES.flatMap((from) => ENGINES.map((to) => ({ from, to })));
/** Each engine writes a file once and reads one once. */
const RING = ENGINES.map((from, index) => ({ from, to: ENGINES[(index + 1) % ENGINES.length] ?? from }));

beforeAll(async () => {
  for (const engine of ENGINES) await engine.start();
});
afterAll(async () => {
  for (const engine of ENGINES) await engine.stop();
});

async function change(store: Store, next: Experiment): Promise<Experiment> {
  const outcome = await store.definitions.change(next);
  if (outcome.kind !== "changed") throw new Error(`Expected ${next.name} to change, got ${outcome.kind}`);
  return outcome.experiment;
}

/**
 * A cap, a window, a KPI that counts events, two epochs, explorers, excluded clients, linked ids, conflicts, values
 * that are no dyadic numbers, later events, activity.
 */
async function furnish(store: Store): Promise<void> {
  const made = await make.created(store, make.draft({ name: "full", trafficHeld: true }));
  const known = await change(store, withKpi(made, parseKpiName("sales")));
  const rules: readonly Partial<KpiDefinition>[] = [{ cap: { amount: 99.9 }, windowDays: 2 }, { counts: "events" }];
  let experiment = await change(store, { ...known, kpis: known.kpis.map((kpi, at) => ({ ...kpi, ...rules[at] })) });
  const join = async (number: number): Promise<void> => {
    const proposal = number % 11 === 0 ? EXCLUDED : assigned(number % 3, number % 7 === 0);
    const day = (make.DAY + (number % 5)) as Day;
    const frozen = number % 4 === 0 ? {} : { segments: [number % 30, 255], covariate: Math.fround(number / 3) };
    await store.records.participate({ experiment, client: client(number), proposal, day, ...frozen });
    for (let event = 0; event < number % 4; event += 1) {
      const later = (day + event) as Day;
      const conversion = { experiment, client: client(number), kpi: number % 2, day: later, value: number * 0.1 };
      await store.records.convert(conversion);
    }
  };
  await Promise.all(Array.from({ length: 700 }, (_, number) => join(number)));
  experiment = await change(store, withEpoch(experiment, { trafficFraction: 0.7 }, "less", make.NOW_MS));
  await Promise.all(Array.from({ length: 800 }, (_, number) => join(700 + number)));
  for (let number = 0; number < 40; number += 1) {
    await store.records.link(experiment, { client: client(number) }, { client: client(number * 37 + 50) });
  }
  // As many links after one another as there may be, each to somebody who joined earlier.
  const chain = await make.created(store, make.draft({ name: "chain" }));
  for (let number = 0; number <= 8; number += 1) {
    const day = (make.DAY + 8 - number) as Day;
    await store.records.participate({ experiment: chain, client: client(number), proposal: assigned(number % 2), day });
    if (number === 0 || number > 7) continue;
    await store.records.link(chain, { client: client(number - 1) }, { client: client(number) });
  }
  const entry = { experiment: named("full"), actor: "ann", action: "describe", before: null, after: "ünï" };
  for (const atMs of [1, 2]) await store.activity.append({ ...entry, atMs });
  const archived = await change(
    store,
    withArchived(withWinner(await make.created(store, make.draft({ name: "old" })), "green"), true),
  );
  await store.records.participate({ experiment: archived, client: client(1), proposal: assigned(1), day: make.DAY });
  await compact(make.context({ store }), { name: "old", actor: "ann" });
  const { life: _, version: __, ...definition } = made;
  const staged = await store.transfer.stage({ ...definition, name: named("lost") }, make.NOW_MS);
  await store.transfer.loadTallies(staged, [], [make.tally({ clients: 9, events: 9 })]);
  await store.transfer.publish(staged, make.NOW_MS, false);
}

/** All that a store holds of an experiment, without what it numbers itself. */
async function contents(store: Store, name: string) {
  const experiment = await store.definitions.read(named(name));
  if (experiment === undefined) throw new Error(`Expected ${name} to exist`);
  const { life: _, version: __, ...definition } = experiment;
  const records: StoredClient[] = [];
  for await (const batch of store.transfer.exportRecords(experiment)) records.push(...batch);
  const { recorded, unrecorded } = await store.transfer.readTallies(experiment);
  const activity = await store.activity.read({ experiment: named(name), limit: 100 });
  return {
    definition,
    records: records.toSorted((left, right) => (left.client < right.client ? -1 : 1)),
    recorded: sorted(recorded),
    unrecorded: sorted(unrecorded),
    activity: activity.filter(({ action }) => action !== "import"),
  };
}

describe.each(PAIRS)("from the $from.name to the $to.name store", ({ from, to }) => {
  it("carries definitions, records, tallies and activity over exactly", async () => {
    const [source, target] = [await from.open(), await to.open()];
    try {
      await furnish(source);
      const results = await read(target, await fileOf(source));
      expect(results.map(({ kind, definition }) => [kind, definition.name])).toEqual([
        ["loaded", "chain"],
        ["loaded", "full"],
        ["loaded", "lost"],
        ["loaded", "old"],
      ]);
      for (const name of ["chain", "full", "lost", "old"])
        expect(await contents(target, name)).toEqual(await contents(source, name));
      expect((await contents(target, "full")).records).toHaveLength(1_500);
      const chain = await target.definitions.read(named("chain"));
      if (chain === undefined) throw new Error("Expected chain to exist");
      const eighth = await target.records.link(chain, { client: client(7) }, { client: client(8) });
      expect(eighth).toEqual({ kind: "too-deep" });
    } finally {
      await Promise.all([source.close(), target.close()]);
    }
  });
});

describe.each(RING)("a file of experiments with any names, from $from.name to $to.name", ({ from, to }) => {
  it("keeps every name, and each experiment's records under its own", async () => {
    const [source, target] = [await from.open(), await to.open()];
    try {
      for (const [index, name] of HOSTILE_NAMES.entries()) {
        const experiment = await make.created(source, make.draft({ name }));
        // Another number of clients for each, so that no two can be taken for each other.
        await Promise.all(
          Array.from({ length: index + 1 }, (_, number) => {
            const call = { experiment, client: client(number), proposal: assigned(number % 3), day: make.DAY };
            return source.records.participate(call);
          }),
        );
        const entry = { experiment: experiment.name, actor: name, action: "declare", before: null, after: name };
        await source.activity.append({ ...entry, atMs: make.NOW_MS });
      }
      // As it lies in a file, read line by line.
      const lines = Buffer.from((await fileOf(source)).join("\n"), "utf8")
        .toString("utf8")
        .split("\n");
      expect(await read(target, lines)).toMatchObject(HOSTILE_NAMES.map(() => ({ kind: "loaded" })));
      expect((await target.definitions.list()).map(({ name }) => name).toSorted()).toEqual(HOSTILE_NAMES.toSorted());
      for (const [index, name] of HOSTILE_NAMES.entries()) {
        const there = await contents(target, name);
        expect(there).toEqual(await contents(source, name));
        expect(there.records).toHaveLength(index + 1);
        const entries = await target.activity.read({ experiment: named(name), limit: 10 });
        expect(entries).toContainEqual(expect.objectContaining({ actor: name, after: name }));
      }
      const [one = ""] = HOSTILE_NAMES.slice(7);
      expect((await fileOf(source, [one])).filter((line) => line.includes('"kind":"experiment"'))).toHaveLength(1);
    } finally {
      await Promise.all([source.close(), target.close()]);
    }
  });
});

const EVENT = { day: make.DAY, value: 1 };

describe("a file of experiments", () => {
  async function withStores(test: (source: Store, target: Store) => Promise<void>): Promise<void> {
    const [source, target] = [await memoryEngine().open(), await memoryEngine().open()];
    await furnish(source);
    await test(source, target);
  }

  it("holds what was asked for, and gives back part of it", () =>
    withStores(async (source, target) => {
      const lines = await fileOf(source, ["full", "old"]);
      expect(lines.filter((line) => line.includes('"kind":"experiment"'))).toHaveLength(2);
      await read(target, lines, { names: ["old"] });
      expect((await target.definitions.list()).map(({ name }) => name)).toEqual(["old"]);
      await expect(fileOf(source, ["nobody"])).rejects.toMatchObject({ code: "experiment-not-found" });
    }));

  it("may be read again, and replaces only when told to", () =>
    withStores(async (source, target) => {
      const lines = await fileOf(source, ["full"]);
      expect(await read(target, lines, { dryRun: true })).toMatchObject([{ kind: "surveyed" }]);
      expect(await target.definitions.list()).toEqual([]);
      await read(target, lines);
      expect(await read(target, lines)).toMatchObject([{ kind: "taken", same: true }]);
      const experiment = await target.definitions.read(named("full"));
      if (experiment === undefined) throw new Error("Expected it to be there");
      await target.records.participate({ experiment, client: client(9_999), proposal: assigned(0), day: make.DAY });
      expect(await read(target, lines)).toMatchObject([{ kind: "taken", same: false }]);
      expect(await read(target, lines, { replace: true })).toMatchObject([{ kind: "loaded" }]);
      expect((await contents(target, "full")).recorded).toEqual((await contents(source, "full")).recorded);
    }));

  it("brings each entry of the log once, in order, however often it is read", () =>
    withStores(async (source, target) => {
      // Two that are alike in everything are two: an act that was done twice within a millisecond.
      const twice = { experiment: named("full"), actor: "ann", action: "pause", before: null, after: null, atMs: 3 };
      const byCall = { ...twice, actor: "api", action: "add-kpi" };
      for (const entry of [twice, byCall, twice, { ...twice, actor: "bob" }, { ...twice, after: "paused" }])
        await source.activity.append(entry);
      const lines = await fileOf(source, ["full"]);
      const before = await contents(source, "full");
      for (const store of [source, target]) {
        for (const _ of [1, 2]) await read(store, lines, { replace: true });
        expect((await contents(store, "full")).activity).toEqual(before.activity);
        const imports = await store.activity.read({ experiment: named("full"), limit: 100 });
        expect(imports.filter(({ action }) => action === "import")).toHaveLength(2);
      }
      expect(before.activity).toHaveLength(7);
      // Of two that are alike a log that has one gets the other.
      const half = await memoryEngine().open();
      await half.activity.append(twice);
      await read(half, lines);
      const alike = (await contents(half, "full")).activity.filter(({ action, actor, after }) =>
        isDeepStrictEqual([action, actor, after], ["pause", "ann", null]),
      );
      expect(alike).toHaveLength(2);
    }));

  it("brings the newest entries of a long log, and leaves room for those of others", () =>
    withStores(async (source, target) => {
      const entry = { experiment: named("old"), actor: "ann", action: "describe", before: null };
      const total = takenMax("people") + 500;
      for (let number = 0; number < total; number += 1)
        await source.activity.append({ ...entry, atMs: number, after: `${number}` });
      for (let number = 0; number < takenMax("calls") + 50; number += 1)
        await source.activity.append({ ...entry, actor: "api", action: "add-kpi", atMs: total, after: `${number}` });
      await target.activity.append({ ...entry, experiment: named("other"), atMs: 1, after: null });
      const lines = await fileOf(source, ["old"]);
      // Without the limit, or without the comparison, this is more than the log of all experiments holds.
      for (let times = 0; times < 10; times += 1) await read(target, lines, { replace: true });
      const all = await target.activity.read({ experiment: named("old"), limit: ACTIVITY_MAX });
      const taken = all.filter(({ action }) => action === "describe").map(({ after }) => Number(after));
      expect(taken).toHaveLength(takenMax("people"));
      expect([taken[0], taken.at(-1)]).toEqual([total - 1, total - takenMax("people")]);
      expect(all.filter(({ actor }) => actor === "api")).toHaveLength(takenMax("calls"));
      expect(await target.activity.read({ experiment: named("other"), limit: 1 })).toHaveLength(1);
    }));

  it("is refused when a byte of it is lost or changed, with the line, and nothing of the experiment is live", () =>
    withStores(async (source, target) => {
      const lines = await fileOf(source, ["full"]);
      const at = (kind: string) => lines.findIndex((line) => line.includes(`"kind":"${kind}"`));
      const changed = (index: number, text: string | undefined) =>
        lines.flatMap((line, other) => (other !== index ? line : (text ?? [])));
      const tally = lines[at("tally")] ?? "";
      const damaged = [
        lines.slice(0, -1),
        lines.slice(0, 500),
        changed(at("record"), undefined),
        changed(at("tally"), tally.replace(/"clients":\d+/, '"clients":123456')),
        changed(at("record"), "{"),
        changed(0, (lines[0] ?? "").replace(/"format":\d+/, '"format":99')),
      ];
      for (const file of damaged) {
        await expect(read(target, file)).rejects.toMatchObject({
          code: "invalid-file",
          detail: /^Line \d+: expected /,
        });
        // All of it is checked first.
        expect(await target.definitions.list()).toEqual([]);
      }
    }));

  it("is refused when tallies and records don't belong together, though each is whole", () =>
    withStores(async (source, target) => {
      const lines = await fileOf(source, ["full"]);
      const moved = lines.map((line) =>
        line.includes('"kind":"record"') ? line.replace(/"day":"2025-03-01"/, '"day":"2025-03-02"') : line,
      );
      await expect(read(target, moved)).rejects.toMatchObject({ code: "transfer-failed" });
      expect(await target.definitions.list()).toEqual([]);
      expect(await target.transfer.listStaged()).toEqual([]);
    }));

  it("is true to itself when clients take part while it is written", () =>
    withStores(async (source, target) => {
      const experiment = await source.definitions.read(named("full"));
      if (experiment === undefined) throw new Error("Expected it to be there");
      let text = "";
      const told: boolean[] = [];
      const onExported = (_: Experiment, __: number, exact: boolean) => told.push(exact);
      let number = 5_000;
      for await (const piece of exportFile(make.context({ store: source }), {
        names: ["full"],
        version: "0",
        onExported,
      })) {
        text += piece;
        number += 1;
        await source.records.participate({ experiment, client: client(number), proposal: assigned(0), day: make.DAY });
      }
      expect(told).toEqual([false]);
      expect(await read(target, text.trimEnd().split("\n"))).toMatchObject([{ kind: "loaded" }]);
    }));

  it("says so where its records don't bear the tallies out or one can't be read, and an import counts what it has", () =>
    withStores(async (source, target) => {
      const exact: unknown[] = [];
      const onExported = (_: Experiment, ...told: readonly unknown[]) => exact.push(told);
      const write = async (name: string) => {
        let text = "";
        const options = { names: [name], version: "0", onExported };
        for await (const piece of exportFile(make.context({ store: source }), options)) text += piece;
        return text.trimEnd().split("\n");
      };
      const { life: _, version: __, ...definition } = await make.created(source, make.draft({ name: "maker" }));
      const staged = await source.transfer.stage({ ...definition, name: named("odd") }, make.NOW_MS);
      const record = { assignment: assigned(0), epoch: 0, day: make.DAY, conversions: [] };
      await source.transfer.loadRecords(staged, [{ ...record, client: client(1) }]);
      await source.transfer.loadTallies(staged, [make.tally({ clients: 2 })], []);
      await source.transfer.publish(staged, make.NOW_MS, false);
      expect(await read(target, await write("odd"))).toMatchObject([{ kind: "loaded" }]);
      expect((await contents(target, "odd")).recorded).toMatchObject([{ clients: 1 }]);
      expect(exact).toEqual([[1, false, 0]]);

      // Also where the tallies are those of all that can be read.
      const { exportRecords } = source.transfer;
      vi.spyOn(source.transfer, "exportRecords").mockImplementation(async function* (experiment, onUnreadable) {
        onUnreadable?.(client(9_999), "torn");
        yield* exportRecords.call(source.transfer, experiment, onUnreadable);
      });
      await write("full");
      expect(exact.at(-1)).toEqual([1_500, false, 1]);
    }));

  it("can be read where a batch, an alternative or a KPI came while it was written", () =>
    withStores(async (source, target) => {
      // Listed with the others, and changed before its turn and within it.
      await make.created(source, make.draft({ name: "zz-last" }));
      const join = async (experiment: Experiment, number: number) => {
        const proposal = assigned(experiment.alternatives.length - 1);
        await source.records.participate({ experiment, client: client(number), proposal, day: make.DAY });
        await source.records.convert({ experiment, client: client(number), kpi: experiment.kpis.length - 1, ...EVENT });
        await source.records.link(experiment, { client: client(number + 1) }, { client: client(number) });
      };
      let number = 5_000;
      let text = "";
      for await (const piece of exportFile(make.context({ store: source }), {
        names: [],
        version: "0",
        onExported: () => {},
      })) {
        text += piece;
        number += 2;
        for (const name of ["full", "zz-last"]) {
          const stored = await source.definitions.read(named(name));
          if (stored === undefined) throw new Error("Expected it to be there");
          const more = withAlternative(stored, `more-${number}` as AlternativeName, make.NOW_MS);
          await join(await change(source, withKpi(more, parseKpiName(`kpi-${number}`))), number);
        }
      }
      const results = await read(target, text.trimEnd().split("\n"));
      expect(results.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => "loaded"));
      for (const name of ["full", "zz-last"]) {
        const experiment = await target.definitions.read(named(name));
        if (experiment === undefined) throw new Error("Expected it to be there");
        expect(
          tallyDifferences(await target.tallies.read(experiment), await target.tallies.recount(experiment)),
        ).toEqual([]);
      }
    }));

  it("brings ids along where they are kept, leaves them behind where not, and holds each to its client", () =>
    withStores(async (source, target) => {
      const experiment = await make.created(source, make.draft({ name: "with-ids" }));
      const ids = ["=cmd()", "ünï ✓", "x".repeat(1024)] as ClientId[];
      for (const id of ids) {
        const key = clientKey(digestOf(experiment.name, id));
        await source.records.participate({ experiment, client: key, proposal: assigned(0), day: make.DAY, id });
      }
      await source.records.participate({ experiment, client: client(9), proposal: assigned(1), day: make.DAY });
      const lines = await fileOf(source, ["with-ids"]);
      const idsIn = async (store: Store) => (await contents(store, "with-ids")).records.map(({ id }) => id ?? null);
      await read(target, lines, { keepClientIds: false });
      expect(await idsIn(target)).toEqual([null, null, null, null]);
      await read(target, lines, { replace: true });
      expect((await idsIn(target)).toSorted()).toEqual([...ids, null].toSorted());
      expect(await contents(target, "with-ids")).toEqual(await contents(source, "with-ids"));
      const foreign = lines.map((line) => line.replace('"=cmd()"', '"=cmd(1)"'));
      await expect(read(target, foreign)).rejects.toMatchObject({
        code: "invalid-file",
        detail: expect.stringMatching(/^Line \d+: expected the id whose client is [0-9a-f]{16}, got "=cmd\(1\)"$/),
      });
    }));
});
