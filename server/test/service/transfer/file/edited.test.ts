/** Files that somebody edited: each is refused with its line and what was expected, before anything of it is stored. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../../../src/domain/assignment.ts";
import { withKpi } from "../../../../src/domain/experiment-kpis.ts";
import type { KpiName } from "../../../../src/domain/names.ts";
import { LocalStore } from "../../../../src/store/local/local-store.ts";
import { client } from "../../../store/fixtures.ts";
import * as make from "../../../support/make.ts";
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
