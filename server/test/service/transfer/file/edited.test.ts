/** Files that somebody edited, or that meet others than they left: each is refused with its line and what was expected, before anything of it is stored. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../../../src/domain/assignment.ts";
import { withKpi } from "../../../../src/domain/experiment-kpis.ts";
import type { KpiName } from "../../../../src/domain/names.ts";
import { LocalStore } from "../../../../src/store/local/local-store.ts";
import type { Store } from "../../../../src/store/store.ts";
import { client } from "../../../store/fixtures.ts";
import * as make from "../../../support/make.ts";
import { laterCodeOf } from "../../../support/refusal.ts";
import { change } from "../../../support/store.ts";
import { fileOf, read } from "./lines.ts";

const openMemory = () => LocalStore.open({ folder: null, cacheSlots: 0 });

type Line = Record<string, unknown>;

/** Two experiments, so that one is whole before the damaged line of the other comes. */
async function exported(): Promise<readonly Line[]> {
  const store = await openMemory();
  for (const name of ["a-whole", "b-edited"]) {
    await make.created(store, make.draft({ name }));
    await change(store, name, (one) => withKpi(one, "sale" as KpiName));
    const experiment = await store.definitions.read(name);
    if (experiment === undefined) throw new Error("Expected an experiment, got none");
    await store.records.participate({ experiment, client: client(1), proposal: assigned(1), day: make.DAY });
    await store.records.convert({ experiment, client: client(1), kpi: 1, day: make.DAY, value: 2 });
    const entry = { atMs: make.NOW_MS, experiment: experiment.name, actor: "ann", action: "pause" };
    await store.activity.append({ ...entry, before: null, after: null });
  }
  return (await fileOf(store)).map((line) => JSON.parse(line));
}

/** Of the definition: a field, and what somebody made of it; `undefined` takes it out. */
const DEFINITIONS: readonly (readonly [string, unknown])[] = [
  ["name", 5],
  ["name", ""],
  ["description", {}],
  ["epochs", []],
  ["epochs", undefined],
  ["epochs", [{}]],
  ["epochs", "x"],
  ["alternatives", null],
  ["alternatives", []],
  ["alternatives", ["red"]],
  ["createdAtMs", "yesterday"],
  ["createdAtMs", 1e300],
  ["createdAtMs", undefined],
  ["createdAtMs", -1],
  ["kpis", undefined],
  ["kpis", [1]],
  ["kpis", ["sale", "sale"]],
  ["winner", "nobody"],
  ["winner", 1],
  ["paused", "no"],
  ["archived", null],
  ["planning", null],
  ["planning", {}],
  ["noticed", 1],
  ["noticed", { conclusions: [1] }],
  ["compacted", false],
  ["forgets", -1],
];

/** Of a line of that kind. */
const LINES: readonly (readonly [kind: string, field: string, value: unknown])[] = [
  ["header", "format", "two"],
  ["experiment", "definition", null],
  ["experiment", "definition", []],
  ["record", "client", "xyz"],
  ["record", "client", 1],
  ["record", "alternative", 99],
  ["record", "alternative", -1],
  ["record", "epoch", 7],
  ["record", "epoch", 0.5],
  ["record", "day", null],
  ["record", "day", "yesterday"],
  ["record", "conversions", "x"],
  ["record", "conversions", [{ kpi: 9, day: "2026-01-01", events: 1, total: 0 }]],
  ["record", "id", 5],
  ["record", "segments", []],
  ["record", "segments", [256]],
  ["record", "segments", [1, 1, 1, 1, 1]],
  ["record", "covariate", "2"],
  ["record", "conflict", false],
  ["tally", "clients", "many"],
  ["tally", "kpi", 9],
  ["tally", "day", "2026-99-99"],
  ["activity", "entry", null],
  ["activity", "entry", {}],
  ["activity", "entry", { atMs: "x", actor: "a", action: "b", before: null, after: null }],
  ["end", "records", "1"],
  ["end", "digest", 5],
  ["footer", "experiments", -1],
  ["footer", "experiments", 99],
  ["record", "kind", "constructor"],
  ["record", "kind", null],
];

describe("an edited file", () => {
  it("is refused with the line and what was expected, whatever was edited, and stores nothing", async () => {
    const whole = await exported();
    const store = await openMemory();
    const lastOf = (kind: string) => whole.findLastIndex((line) => line["kind"] === kind);
    const edits = [
      ...DEFINITIONS.map(([field, value]) => {
        const at = lastOf("experiment");
        const definition = { ...(whole[at]?.["definition"] as Line), [field]: value };
        return { at, line: { ...whole[at], definition } };
      }),
      ...LINES.map(([kind, field, value]) => ({ at: lastOf(kind), line: { ...whole[lastOf(kind)], [field]: value } })),
      ...["null", "5", '"x"', "[]", "{}", "not json", ""].map((line) => ({ at: lastOf("record"), line })),
    ];
    for (const { at, line } of edits) {
      const text = typeof line === "string" ? line : JSON.stringify(line);
      const lines = whole.map((other, index) => (index === at ? text : JSON.stringify(other)));
      await expect(read(store, lines), text).rejects.toMatchObject({
        code: "invalid-file",
        detail: expect.stringMatching(new RegExp(`^Line ${at + 1}: `)),
      });
      expect(await store.definitions.list(), text).toEqual([]);
      expect(await store.transfer.listStaged(), text).toEqual([]);
      expect(await store.activity.read({ limit: 1 }), text).toEqual([]);
    }
  });

  it.each([
    ["another number", { clients: 8 }],
    ["a count without records, which nothing else tells", { unrecorded: true, clients: 8 }],
  ])("is refused for its digest where somebody wrote %s into a tally", async (_, edit) => {
    const whole = await exported();
    const [at, end] = ["tally", "end"].map((kind) => whole.findLastIndex((line) => line["kind"] === kind));
    const lines = whole.map((line, index) => JSON.stringify(index === at ? { ...line, ...edit } : line));
    const store = await openMemory();
    await expect(read(store, lines)).rejects.toMatchObject({
      code: "invalid-file",
      detail: expect.stringMatching(new RegExp(`^Line ${(end ?? 0) + 1}: expected tallies with the digest`)),
    });
    expect(await store.definitions.list()).toEqual([]);
  });

  it("may have fields that this version doesn't know", async () => {
    const whole = await exported();
    const store = await openMemory();
    await read(
      store,
      whole.map((line) => JSON.stringify({ ...line, later: { any: 1 } })),
    );
    expect(await store.definitions.list()).toHaveLength(2);
  });
});

describe("a file with slices of a layer", () => {
  /** The file of a store in which each experiment has its slice of one layer. */
  async function fileWith(slices: Readonly<Record<string, readonly [from: number, to: number]>>) {
    const store = await openMemory();
    await hold(store, slices);
    return fileOf(store);
  }

  async function hold(store: Store, slices: Readonly<Record<string, readonly [from: number, to: number]>>) {
    for (const [name, [from, to]] of Object.entries(slices)) {
      await make.created(store, make.draft({ name, slice: { layer: "checkout", from, to } }));
    }
  }

  const kindsOf = async (store: Store, lines: readonly string[], replace: boolean) =>
    (await read(store, lines, { replace })).map(({ kind }) => kind);
  const namesIn = async (store: Store) => (await store.definitions.list()).map(({ name }) => name).sort();

  it("is refused where two of it overlap, and the first of them is not stored either", async () => {
    const store = await openMemory();
    const lines = await fileWith({ a: [0, 0.5], b: [0.4, 1] });
    expect(await laterCodeOf(() => read(store, lines))).toBe("slice-taken");
    expect(await namesIn(store)).toEqual([]);
  });

  it("is refused where somebody else has one, and what comes before it is not stored either", async () => {
    const lines = await fileWith({ a: [0, 0.2], b: [0.5, 1] });
    const store = await openMemory();
    await hold(store, { other: [0.9, 1] });
    for (const replace of [false, true]) {
      expect(await laterCodeOf(() => read(store, lines, { replace }))).toBe("slice-taken");
      expect(await namesIn(store)).toEqual(["other"]);
    }
  });

  it("asks for no slice of one that is there and is left as it is", async () => {
    const store = await openMemory();
    await hold(store, { a: [0, 0.5], other: [0.5, 0.8] });
    expect(await kindsOf(store, await fileWith({ a: [0, 0.8], b: [0.8, 1] }), false)).toEqual(["taken", "loaded"]);
  });

  it("gives nobody the slice of one that is left as it is, whatever the file says of it", async () => {
    const store = await openMemory();
    await hold(store, { b: [0, 0.5] });
    const lines = await fileWith({ a: [0.8, 1], b: [0.5, 0.8], c: [0, 0.5] });
    expect(await laterCodeOf(() => read(store, lines))).toBe("slice-taken");
    expect(await namesIn(store)).toEqual(["b"]);
    const other = await fileWith({ b: [0.5, 1], c: [0.5, 1] });
    expect(await kindsOf(store, other, false)).toEqual(["taken", "loaded"]);
  });

  it("moves one that it replaces, and gives what that had to another of it", async () => {
    const store = await openMemory();
    await hold(store, { a: [0, 0.5] });
    expect(await kindsOf(store, await fileWith({ a: [0.4, 1], b: [0, 0.4] }), true)).toEqual(["loaded", "loaded"]);
  });
});
