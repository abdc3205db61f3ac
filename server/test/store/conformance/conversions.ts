import { describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { type EventKey, eventKey } from "../../../src/domain/digest.ts";
import { withEpoch } from "../../../src/domain/epochs.ts";
import { type Experiment, withPaused } from "../../../src/domain/experiment.ts";
import { withKpi } from "../../../src/domain/experiment-kpis.ts";
import { type ClientId, type ExperimentName, parseKpiName } from "../../../src/domain/names.ts";
import type { Day } from "../../../src/domain/period.ts";
import { joinedOn, onDay } from "../../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import { EVENT_ID_WINDOW_MS, type Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client, ofDays, sorted } from "../fixtures.ts";

async function withParticipant(store: Store, name: string): Promise<Experiment> {
  const experiment = await make.created(store, make.draft({ name }));
  await store.records.participate({ experiment, client: client(1), proposal: assigned(1), day: make.DAY });
  return experiment;
}

async function conversionTallies(store: Store, experiment: Experiment): Promise<readonly Tally[]> {
  return sorted(ofDays(await store.tallies.read(experiment)).filter(({ metric }) => metric !== PARTICIPATION));
}

const CELL = { epoch: 0, assignment: assigned(1), metric: 0, subset: onDay(make.DAY) };

export function describeConversions(open: Open): void {
  describe("conversions", () => {
    describeFinding(open);
    describeMarks(open);
    describeCounting(open);
    describeRefusals(open);
    describeValues(open);
    describeEvents(open);
  });
}

function describeFinding(open: Open): void {
  it("finds all that is kept of a client, and nothing of one that was forgotten or never came", async () => {
    const store = await open();
    const { name } = await make.created(store, make.draft({ name: "whole" }));
    const stored = await store.definitions.read(name);
    if (stored === undefined) throw new Error("Expected an experiment");
    const outcome = await store.definitions.change(withKpi(withKpi(stored, parseKpiName("sales")), parseKpiName("x")));
    if (outcome.kind !== "changed") throw new Error("Expected to change it");
    const { experiment } = outcome;
    const call = { experiment, client: client(1), day: make.DAY };
    await store.records.participate({ ...call, proposal: assigned(1, true), id: "ann" as ClientId });
    await store.records.participate({ ...call, client: client(2), proposal: EXCLUDED });
    await store.records.convert({ ...call, day: (make.DAY + 3) as Day, kpi: 2, value: 0 });
    await store.records.convert({ ...call, day: (make.DAY + 4) as Day, kpi: 2, value: 1.5 });
    await store.records.convert({ ...call, kpi: 0, value: 0 });
    const found = await store.records.find(experiment, client(1));
    expect({ ...found, conversions: found?.conversions.toSorted((a, b) => a.kpi - b.kpi) }).toEqual({
      client: client(1),
      assignment: assigned(1, true),
      epoch: 0,
      day: make.DAY,
      conversions: [
        { kpi: 0, day: make.DAY, events: 1, total: 0 },
        { kpi: 2, day: make.DAY + 3, events: 2, total: 1.5 },
      ],
    });
    expect(await store.records.find(experiment, client(2))).toMatchObject({ assignment: EXCLUDED, conversions: [] });
    expect(await store.records.find(experiment, client(3))).toBeUndefined();
    await store.records.forget(experiment, client(1));
    expect(await store.records.find(experiment, client(1))).toBeUndefined();
  });
}

function describeMarks(open: Open): void {
  it("raises the mark of the tallies with every change of them, and only then, in that life only", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "marks" }));
    const other = await make.created(store, make.draft({ name: "other" }));
    const call = { experiment, client: client(1), day: make.DAY };
    const marks: number[] = [];
    const mark = async () => marks.push(await store.tallies.mark(experiment));
    await mark();
    await store.records.participate({ ...call, proposal: assigned(1) });
    await mark();
    await store.records.convert({ ...call, kpi: 0, value: 0 });
    await mark();
    await store.records.convert({ ...call, kpi: 0, value: 2 });
    await mark();
    expect(marks.toSorted((a, b) => a - b)).toEqual(marks);
    expect(new Set(marks).size).toBe(4);

    await store.records.participate({ ...call, proposal: assigned(0) });
    await store.records.convert({ ...call, client: client(2), kpi: 0, value: 0 });
    expect(await store.tallies.mark(experiment)).toBe(marks.at(-1));
    expect(await store.tallies.mark(other)).toBe(0);
  });

  it("tells each of many marks that are asked for at once", async () => {
    const store = await open();
    const names = Array.from({ length: 300 }, (_, number) => `many-${number}`);
    const experiments = await Promise.all(names.map((name) => make.created(store, make.draft({ name }))));
    const visited = experiments.filter((_, number) => number % 3 === 0);
    const call = { client: client(1), proposal: assigned(1), day: make.DAY };
    await Promise.all(visited.map((experiment) => store.records.participate({ experiment, ...call })));
    const marks = await Promise.all(experiments.map((experiment) => store.tallies.mark(experiment)));
    expect(marks.map((mark) => mark > 0)).toEqual(experiments.map((_, number) => number % 3 === 0));
    for (const number of [0, 1, 297]) {
      const [experiment] = experiments.slice(number);
      if (experiment !== undefined) expect(await store.tallies.mark(experiment)).toBe(marks[number]);
    }
  });
}

function describeEvents(open: Open): void {
  const atMs = Date.now();
  const [first, second] = [event("order-1"), event("order-2")];

  it("counts an event with an id once, however often and in parallel it is sent", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "orders");
    const call = { experiment, client: client(1), kpi: 0, day: make.DAY, value: 2 };
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => store.records.convert({ ...call, event: { key: first, atMs } })),
    );
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["converted", ...Array(19).fill("duplicate")]);
    const again = await store.records.convert({ ...call, event: { key: second, atMs } });
    expect(again).toEqual({ kind: "repeated", assignment: assigned(1) });
    expect(await conversionTallies(store, experiment)).toEqual([
      { ...CELL, clients: 1, events: 2, sum: 4, squares: 16 },
    ]);
  });

  it("doesn't use up the id of an event that was refused", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "late-orders");
    const call = { experiment, client: client(2), kpi: 0, day: make.DAY, value: 2, event: { key: first, atMs } };
    expect((await store.records.convert(call)).kind).toBe("not-participating");
    await store.records.participate({ experiment, client: client(2), proposal: assigned(0), day: make.DAY });
    expect((await store.records.convert(call)).kind).toBe("converted");
  });

  it("remembers an event when the clock is set back, or ahead and back again", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "orders-before");
    const call = { experiment, client: client(1), kpi: 0, day: make.DAY, value: 2 };
    expect((await store.records.convert({ ...call, event: { key: first, atMs } })).kind).toBe("converted");
    for (const days of [-1, -2, -30, 0, 5, 0, 90]) {
      const dayMs = atMs + days * EVENT_ID_WINDOW_MS;
      // One that comes at that time, for which others might be thrown away; what is freed late must be none of them.
      const other = event(`order of day ${days}`);
      await store.records.convert({ ...call, event: { key: other, atMs: dayMs } });
      await store.tallies.read(experiment);
      for (const againMs of [dayMs, atMs]) {
        for (const key of [first, other]) {
          expect((await store.records.convert({ ...call, event: { key, atMs: againMs } })).kind).toBe("duplicate");
        }
      }
    }
  });

  it("remembers an event for a day in its own life of the experiment only", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "orders-again");
    const call = { client: client(1), kpi: 0, day: make.DAY, value: 2, event: { key: first, atMs } };
    await store.records.convert({ ...call, experiment });
    const removed = await store.lives.remove(experiment, make.NOW_MS, make.draft({ name: "orders-again" }));
    const next = removed.kind === "removed" ? removed.successor : undefined;
    if (next === undefined) throw new Error("Expected the next life to begin");
    await store.records.participate({ experiment: next, client: client(1), proposal: assigned(1), day: make.DAY });
    expect((await store.records.convert({ ...call, experiment: next })).kind).toBe("converted");
    const soon = { key: first, atMs: atMs + EVENT_ID_WINDOW_MS - 60_000 };
    expect((await store.records.convert({ ...call, experiment: next, event: soon })).kind).toBe("duplicate");
  });
}

function event(id: string): EventKey {
  return eventKey("orders" as ExperimentName, "alice" as ClientId, id);
}

function describeCounting(open: Open): void {
  it("counts a client once per KPI and every event", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "counted");
    const call = { experiment, client: client(1), kpi: 0, day: make.DAY, value: 0 };
    expect(await store.records.convert(call)).toEqual({ kind: "converted", assignment: assigned(1) });
    expect(await store.records.convert(call)).toEqual({ kind: "repeated", assignment: assigned(1) });
    expect(await store.records.convert({ ...call, kpi: 100 })).toEqual({ kind: "converted", assignment: assigned(1) });
    expect(await conversionTallies(store, experiment)).toEqual([
      { ...CELL, metric: 0, clients: 1, events: 2, sum: 0, squares: 0 },
      { ...CELL, metric: 100, clients: 1, events: 1, sum: 0, squares: 0 },
    ]);
  });

  it("counts exactly one of 50 parallel conversions as the first", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "eager");
    const call = { experiment, client: client(1), kpi: 0, day: make.DAY, value: 1 };
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => store.records.convert(call)));
    expect(outcomes.filter(({ kind }) => kind === "converted")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "repeated")).toHaveLength(49);
    // Totals 1, 4, 9 … 50²: what is added telescopes to the square of the last total.
    expect(await conversionTallies(store, experiment)).toEqual([
      { ...CELL, clients: 1, events: 50, sum: 50, squares: 2_500 },
    ]);
  });

  it("counts the conversion on its day, in the epoch in which the client joined", async () => {
    const store = await open();
    const first = await withParticipant(store, "joined");
    const outcome = await store.definitions.change(withEpoch(first, { trafficFraction: 0.5 }, "less", make.NOW_MS));
    if (outcome.kind !== "changed") throw new Error(`Expected a second epoch, got ${outcome.kind}`);
    const { experiment } = outcome;
    await store.records.participate({ experiment, client: client(2), proposal: assigned(2), day: make.DAY });
    for (const number of [1, 2]) {
      await store.records.convert({ experiment, client: client(number), kpi: 0, day: (make.DAY + 3) as Day, value: 0 });
    }
    const counted = { metric: 0, subset: onDay((make.DAY + 3) as Day), clients: 1, events: 1, sum: 0, squares: 0 };
    expect(await conversionTallies(store, experiment)).toEqual([
      { ...counted, epoch: 0, assignment: assigned(1) },
      { ...counted, epoch: 1, assignment: assigned(2) },
    ]);
  });

  it("counts all events of those who joined on one day together, whenever they come, and takes them out again", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "cohorts");
    const later = { experiment, day: (make.DAY + 1) as Day };
    await store.records.participate({ ...later, client: client(2), proposal: assigned(1) });
    for (const [number, days, value] of [
      [1, 0, 2],
      [1, 5, 1],
      [2, 5, 4],
    ] as const) {
      await store.records.convert({
        experiment,
        client: client(number),
        kpi: 0,
        day: (make.DAY + days) as Day,
        value,
      });
    }
    const cohorts = async () =>
      sorted((await store.tallies.read(experiment)).filter(({ subset }) => subset.kind === "joined"));
    const first = { ...CELL, subset: joinedOn(make.DAY), clients: 1, events: 2, sum: 3, squares: 9 };
    const second = { ...CELL, subset: joinedOn((make.DAY + 1) as Day), clients: 1, events: 1, sum: 4, squares: 16 };
    expect(await cohorts()).toEqual([first, second]);
    expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual([]);
    await store.records.forget(experiment, client(1));
    expect(await cohorts()).toEqual([second]);
  });

  it("keeps every one of a client's many KPIs and events", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "busy");
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        Array.from({ length: 101 }, (_, kpi) =>
          Promise.all(
            Array.from({ length: 30 }, () =>
              store.records.convert({ experiment, client: client(1), kpi, day: make.DAY, value: kpi % 3 }),
            ),
          ),
        ),
      );
    }
    const tallies = await conversionTallies(store, experiment);
    expect(tallies).toHaveLength(101);
    for (const { metric, clients, events, sum, squares } of tallies) {
      const total = 90 * (metric % 3);
      expect({ clients, events, sum, squares }).toEqual({ clients: 1, events: 90, sum: total, squares: total * total });
    }
    expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual([]);
    expect(await store.records.read(experiment, client(1))).toEqual(assigned(1));
  });
}

function describeRefusals(open: Open): void {
  it("refuses clients that don't take part or are excluded, and writes nothing", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "strangers" }));
    await store.records.participate({ experiment, client: client(2), proposal: EXCLUDED, day: make.DAY });
    for (const number of [1, 2]) {
      const call = { experiment, client: client(number), kpi: 0, day: make.DAY, value: 1 };
      expect(await store.records.convert(call)).toEqual({ kind: "not-participating" });
    }
    expect(await store.records.read(experiment, client(1))).toBeUndefined();
    expect(await conversionTallies(store, experiment)).toEqual([]);
  });

  it("refuses conversions on an older version and of a life that has ended", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "stale");
    const call = { experiment, client: client(1), kpi: 0, day: make.DAY, value: 1 };
    const outcome = await store.definitions.change(withPaused(experiment, true));
    expect(await store.records.convert(call)).toEqual({ kind: "stale" });
    if (outcome.kind !== "changed") throw new Error(`Expected the change to be taken, got ${outcome.kind}`);
    await store.lives.remove(outcome.experiment, make.NOW_MS, make.draft({ name: "stale" }));
    expect(await store.records.convert({ ...call, experiment: outcome.experiment })).toEqual({ kind: "stale" });
    expect(await conversionTallies(store, experiment)).toEqual([]);
  });

  it("takes participations and conversions of many clients at once and keeps tallies and records equal", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "mixed" }));
    const numbers = Array.from({ length: 600 }, (_, number) => number);
    await Promise.all(
      numbers.flatMap((number) => {
        const call = { experiment, client: client(number), day: (make.DAY + (number % 5)) as Day };
        return [
          store.records.participate({ ...call, proposal: number % 7 === 0 ? EXCLUDED : assigned(number % 3) }),
          store.records.convert({ ...call, kpi: number % 2, value: (number % 8) / 4 }),
        ];
      }),
    );
    await Promise.all(
      numbers.map((number) =>
        store.records.convert({ experiment, client: client(number), kpi: 0, day: make.DAY, value: 0.25 }),
      ),
    );
    expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual([]);
  });
}

function describeValues(open: Open): void {
  it("sums values, and squares of each participant's total", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "valued");
    for (const [index, value] of [2.5, 0, 4, -1].entries()) {
      await store.records.convert({ experiment, client: client(1), kpi: 0, day: (make.DAY + index) as Day, value });
    }
    // Totals 2.5, 2.5, 6.5, 5.5; their squares change by 6.25, 0, 36 and -12, which adds up to 5.5² = 30.25.
    expect(await conversionTallies(store, experiment)).toEqual([
      { ...CELL, subset: onDay(make.DAY), clients: 1, events: 1, sum: 2.5, squares: 6.25 },
      { ...CELL, subset: onDay((make.DAY + 1) as Day), clients: 0, events: 1, sum: 0, squares: 0 },
      { ...CELL, subset: onDay((make.DAY + 2) as Day), clients: 0, events: 1, sum: 4, squares: 36 },
      { ...CELL, subset: onDay((make.DAY + 3) as Day), clients: 0, events: 1, sum: -1, squares: -12 },
    ]);
  });

  it("adds a client's values as JavaScript does, to the last bit", async () => {
    const store = await open();
    const experiment = await withParticipant(store, "rounded");
    let sum = 0;
    for (const value of [0.1, 0.2, 1e15 + 0.3, 1 / 3, -1e15, 5e-324, 1.7e150]) {
      sum += value;
      await store.records.convert({ experiment, client: client(1), kpi: 0, day: make.DAY, value });
    }
    const squares = sum * sum;
    expect(await conversionTallies(store, experiment)).toEqual([{ ...CELL, clients: 1, events: 7, sum, squares }]);
  });
}
