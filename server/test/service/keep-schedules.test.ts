/** Schedules with a driven clock: what is done by itself, when, by whom, and only once. */
import { describe, expect, it, vi } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import type { Clock } from "../../src/domain/clock.ts";
import { NO_TERMS, type ScheduleTerms } from "../../src/domain/schedule.ts";
import { momentOf } from "../../src/domain/wall-time.ts";
import { createClock } from "../../src/ops/clock.ts";
import { reset } from "../../src/service/administer/acts/ending.ts";
import { setPlan } from "../../src/service/administer/acts/set-plan.ts";
import { setSchedule } from "../../src/service/administer/acts/set-schedule.ts";
import { setArchived, setIntake, setPaused, setWinner } from "../../src/service/administer/acts/state.ts";
import { undo } from "../../src/service/administer/acts/undo.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { scheduleKeeper } from "../../src/service/keep-schedules.ts";
import { client } from "../store/fixtures.ts";
import * as make from "../support/make.ts";
import { laterCodeOf } from "../support/refusal.ts";
import { storedExperiment } from "../support/store.ts";

const NAME = "planned";
const TARGET = { name: NAME, actor: "ada" };

async function lab(timezone: string, start: string, alternatives: readonly string[] = ["red", "blue"]) {
  const time = { nowMs: 0 };
  const clock: Clock = createClock(timezone, () => time.nowMs);
  const at = (text: string) => momentOf(text, clock.offsetAt) ?? Number.NaN;
  time.nowMs = at(start);
  const context: ServiceContext = make.context({ clock });
  await make.created(context.store, make.draft({ name: NAME, alternatives, createdAtMs: time.nowMs }));
  const keep = scheduleKeeper(context);
  const stored = () => storedExperiment(context.store, NAME);
  return {
    context,
    at,
    set: (terms: Partial<ScheduleTerms>) => setSchedule(context, TARGET, { ...NO_TERMS, ...terms }),
    /** What the round of that moment leaves, and what it did. */
    round: async (text: string) => {
      time.nowMs = at(text);
      const before = (await context.store.activity.read({ limit: 99 })).length;
      expect(await keep(time.nowMs)).toEqual([]);
      const log = await context.store.activity.read({ limit: 99 });
      return log.slice(0, log.length - before).map(({ actor, action }) => `${actor}: ${action}`);
    },
    stored,
    /** Clients by turns in all alternatives, of whom so many of a hundred convert. */
    join: async (from: number, to: number, rate: (index: number) => number) => {
      const experiment = await stored();
      for (let number = from; number < to; number += 1) {
        const index = number % alternatives.length;
        const visitor = { experiment, client: client(number), day: clock.dayAt(at(start)) };
        await context.store.records.participate({ ...visitor, proposal: assigned(index) });
        if (Math.floor(number / alternatives.length) % 100 < rate(index))
          await context.store.records.convert({ ...visitor, kpi: 0, value: 0 });
      }
    },
  };
}

describe.each([
  // The nights in which the clocks of that zone are put ahead, and back.
  ["Europe/Berlin", "2026-03-28T09:00", "2026-03-29T08:59", "2026-03-29T09:00"],
  ["America/New_York", "2026-03-07T09:00", "2026-03-08T08:59", "2026-03-08T09:00"],
  ["Europe/Berlin", "2026-10-24T09:00", "2026-10-25T08:59", "2026-10-25T09:00"],
  ["America/New_York", "2026-10-31T09:00", "2026-11-01T08:59", "2026-11-01T09:00"],
])("a schedule in %s, over the change of %s", (timezone, closing, before, after) => {
  it("closes the intake, measures a day by the wall clock, and ends in the archive", async () => {
    const { set, at, round, stored } = await lab(timezone, "2026-03-01T12:00");
    await set({ closeIntake: at(closing), measureForDays: 1 });
    expect(await round(closing.replace("09:00", "08:59"))).toEqual([]);
    expect(await round(closing)).toEqual(["schedule: close-intake"]);
    expect(await round(before)).toEqual([]);
    expect(await round(after)).toEqual(["schedule: archive"]);
    expect(await stored()).toMatchObject({ archived: true, intakeClosedAtMs: at(closing) });
  });
});

describe("a schedule", () => {
  it("takes no step in a new life by what the old one had", async () => {
    const { context, set, round, stored } = await lab("UTC", "2026-05-01T12:00");
    await setPlan(context, TARGET, { minimum_uplift: "10%", baseline_rate: "20%", participants: "2" });
    await set({ closeIntake: "planned-size" });
    const experiment = await stored();
    for (const number of [1, 2]) {
      const joining = {
        experiment,
        client: client(number),
        proposal: assigned(number % 2),
        day: context.clock.today(),
      };
      await context.store.records.participate(joining);
    }
    const { readCounted } = context.analyst;
    vi.spyOn(context.analyst, "readCounted").mockImplementationOnce(async (of) => {
      const seen = await readCounted.call(context.analyst, of);
      await reset(context, TARGET);
      return seen;
    });
    expect(await round("2026-05-01T12:01")).toEqual(["ada: reset"]);
    expect((await stored()).intakeClosedAtMs).toBeUndefined();
  });

  it("leaves alone what is in the archive, or has a winner, and takes its steps as done", async () => {
    const { context, set, at, round, stored } = await lab("UTC", "2026-05-01T12:00");
    await set({ startsAtMs: at("2026-05-02T09:00"), closeIntake: at("2026-05-09T09:00") });
    await setArchived(context, TARGET, true);
    expect(await round("2026-05-02T09:00")).toEqual([]);
    expect((await stored()).intakeClosedAtMs).toBeDefined();
    await setArchived(context, TARGET, false);
    await setIntake(context, TARGET, "open");
    await setWinner(context, TARGET, "blue");
    expect(await round("2026-05-09T09:00")).toEqual([]);
    expect((await stored()).intakeClosedAtMs).toBeUndefined();
    expect((await stored()).schedule?.done).toMatchObject([
      { step: "start", action: null },
      { step: "close", action: null },
    ]);
  });

  it("lets everybody have a winner that is shown worse, and takes the stop on harm as done", async () => {
    const { context, set, round, stored, join } = await lab("UTC", "2026-05-01T12:00");
    await set({ onHarm: "pause" });
    await join(0, 2_000, (index) => (index === 0 ? 60 : 0));
    await setWinner(context, TARGET, "blue");
    expect(await round("2026-05-02T12:00")).toEqual([]);
    const { paused, schedule } = await stored();
    expect({ paused, done: schedule?.done }).toMatchObject({ paused: false, done: [{ step: "harm", action: null }] });
  });

  it("looks for harm once a minute, whatever a round costs", async () => {
    const { set, round, join } = await lab("UTC", "2026-05-01T12:00");
    await set({ onHarm: "pause" });
    expect(await round("2026-05-01T12:01")).toEqual([]);
    await join(0, 2_000, (index) => (index === 0 ? 60 : 0));
    expect(await round("2026-05-01T12:01")).toEqual([]);
    expect(await round("2026-05-01T12:02")).toEqual(["guardrail: pause"]);
  });

  it("names every alternative that does harm, and files the stop under the moment of its step", async () => {
    const { context, set, at, round, stored, join } = await lab("UTC", "2026-05-01T12:00", ["red", "blue", "green"]);
    await set({ onHarm: "pause" });
    await join(0, 3_000, (index) => (index === 0 ? 60 : 0));
    // Whatever is read of the clock, it has moved on.
    let readMs = at("2026-05-01T12:05");
    const clock = vi.spyOn(context.clock, "nowMs").mockImplementation(() => {
      readMs += 1;
      return readMs;
    });
    expect(await round("2026-05-01T12:05")).toEqual(["guardrail: pause"]);
    clock.mockRestore();
    const [done] = (await stored()).schedule?.done ?? [];
    expect(done?.because).toMatch(/^blue does worse than red on (.+), green on \1$/);
    const [entry] = await context.store.activity.read({ source: "server", limit: 1 });
    expect(entry).toMatchObject({ action: "pause", atMs: done?.atMs });
  });

  it("keeps the intake closed until it starts, and does nothing twice that a person took back", async () => {
    const { context, set, at, round, stored } = await lab("UTC", "2026-05-01T12:00");
    await set({ startsAtMs: at("2026-05-02T09:00"), closeIntake: at("2026-05-09T09:00"), measureForDays: 7 });
    expect((await stored()).intakeClosedAtMs).toBeDefined();
    expect(await round("2026-05-01T23:00")).toEqual([]);
    const kinds = async () => {
      await context.analyst.watchPlans();
      return (await stored()).noticed.facts?.map(({ kind }) => kind);
    };
    expect(await kinds()).toBeUndefined();
    expect(await round("2026-05-02T09:00")).toEqual(["schedule: open-intake"]);
    expect(await round("2026-05-09T10:00")).toEqual(["schedule: close-intake"]);
    expect(await kinds()).toEqual(["intake-closed"]);
    const [closing] = await context.store.activity.read({ limit: 1 });
    await undo(context, TARGET, { atMs: closing?.atMs ?? 0, action: closing?.action ?? "" });
    expect((await stored()).intakeClosedAtMs).toBeUndefined();
    expect(await round("2026-06-09T10:00")).toEqual([]);
    // Seven days after a person closes it, it ends all the same.
    await setIntake(context, TARGET, "closed");
    expect(await round("2026-06-16T10:00")).toEqual(["schedule: archive"]);
    expect(await kinds()).toEqual(["intake-closed", "ended"]);
  });

  it("does a step once for any number of processes, and none twice when the clock goes back", async () => {
    const { context, set, at, round, stored } = await lab("UTC", "2026-05-01T12:00");
    await set({ closeIntake: at("2026-05-02T09:00") });
    const others = Array.from({ length: 5 }, () =>
      scheduleKeeper(make.context({ store: context.store, clock: context.clock })),
    );
    await Promise.all([round("2026-05-02T09:00"), ...others.map((keep) => keep(at("2026-05-02T09:00")))]);
    const log = await context.store.activity.read({ limit: 99 });
    expect(log.filter(({ action }) => action === "close-intake")).toHaveLength(1);
    await setIntake(context, TARGET, "open");
    expect([await round("2026-05-01T09:00"), await round("2026-05-03T09:00")]).toEqual([[], []]);
    expect((await stored()).intakeClosedAtMs).toBeUndefined();
  });

  it("finds nothing left to do where a person was faster, and says so", async () => {
    const { context, set, at, round, stored } = await lab("UTC", "2026-05-01T12:00");
    await set({ closeIntake: at("2026-05-02T09:00") });
    await setIntake(context, TARGET, "closed");
    expect(await round("2026-05-02T10:00")).toEqual([]);
    expect((await stored()).schedule?.done).toEqual([{ step: "close", atMs: at("2026-05-02T10:00"), action: null }]);
  });

  it("closes the intake with the planned size, and pauses where an alternative is shown worse", async () => {
    const { context, set, round, stored, join } = await lab("UTC", "2026-05-01T12:00");
    await setPlan(context, TARGET, {
      primary: { kpi: "", better: undefined, decides_on: undefined },
      secondary: [],
      guardrails: [],
      roll_back: undefined,
      baseline_rate: "0.3",
      baseline_mean: undefined,
      baseline_deviation: undefined,
      minimum_uplift: "0.1",
      power: "0.8",
      participants: "2000",
    });
    await set({ closeIntake: "planned-size", onHarm: "pause" });
    await join(0, 1_999, () => 30);
    expect(await round("2026-05-02T12:00")).toEqual([]);
    await join(1_999, 2_000, () => 30);
    expect(await round("2026-05-02T13:00")).toEqual(["schedule: close-intake"]);
    const toldOf = async (asked: string) => {
      await context.analyst.watchPlans();
      return (await stored()).noticed.facts?.find(({ kind }) => kind === asked)?.sentence;
    };
    expect(await toldOf("intake-closed")).toBe(
      "Nobody new is taken in: the planned size is reached. Who takes part goes on.",
    );
    await setIntake(context, TARGET, "open");
    await join(2_000, 4_000, (index) => (index === 0 ? 60 : 0));
    expect(await round("2026-05-03T13:00")).toEqual(["guardrail: pause"]);
    expect(await toldOf("paused")).toMatch(
      /^The experiment is paused, because blue does worse than red on \S.*\. Everybody gets the control/,
    );
    await setPaused(context, TARGET, false);
    expect(await round("2026-05-03T14:00")).toEqual([]);
  });

  it("takes every step that a clock jumped over, in order, and none again", async () => {
    const { set, at, round, stored } = await lab("UTC", "2026-05-01T12:00");
    await set({
      startsAtMs: at("2026-05-02T09:00"),
      closeIntake: at("2026-05-09T09:00"),
      endsAtMs: at("2026-05-20T09:00"),
    });
    const steps = ["schedule: archive", "schedule: close-intake", "schedule: open-intake"];
    expect(await round("2026-06-01T12:00")).toEqual(steps);
    expect([await round("2026-05-01T12:00"), await round("2026-06-02T12:00")]).toEqual([[], []]);
    expect(await stored()).toMatchObject({ archived: true });
  });

  it.each([
    ["pause", "paused", "The experiment is paused"],
    ["close_intake", "intake-closed", "Nobody new is taken in"],
  ] as const)("does %s on harm also where the split is wrong, and says both", async (onHarm, fact, says) => {
    const { context, set, round, stored, at } = await lab("UTC", "2026-05-01T12:00");
    await set({ onHarm });
    const [experiment, day] = [await stored(), context.clock.dayAt(at("2026-05-01T12:00"))];
    for (let number = 0; number < 3_000; number += 1) {
      const index = number % 3 === 0 ? 1 : 0;
      const visitor = { experiment, client: client(number), day };
      await context.store.records.participate({ ...visitor, proposal: assigned(index) });
      if (index === 0 && number % 2 === 0) await context.store.records.convert({ ...visitor, kpi: 0, value: 0 });
    }
    await context.analyst.watchSplits();
    expect(await round("2026-05-02T12:00")).toEqual([`guardrail: ${onHarm.replace("_", "-")}`]);
    expect((await stored()).noticed.conclusions).toEqual([]);
    await context.analyst.watchPlans();
    const sentence = (await stored()).noticed.facts?.find(({ kind }) => kind === fact)?.sentence;
    expect(sentence).toMatch(/because blue does worse than red on \S.*\. The split is wrong, too/);
    expect(sentence).toContain(says);
    // A person who takes it back has the last word.
    const [entry] = await context.store.activity.read({ source: "server", limit: 9 });
    await undo(context, TARGET, { atMs: entry?.atMs ?? 0, action: entry?.action ?? "" });
    expect(await round("2026-05-02T14:00")).toEqual([]);
    const { paused, intakeClosedAtMs } = await stored();
    expect({ paused, intakeClosedAtMs }).toEqual({ paused: false, intakeClosedAtMs: undefined });
  });

  it("is refused with times that make no sense, and is undone like any other act", async () => {
    const { context, set, at, stored } = await lab("UTC", "2026-05-01T12:00");
    for (const terms of [
      { endsAtMs: at("2026-05-01T11:59") },
      { startsAtMs: at("2026-05-03T09:00"), endsAtMs: at("2026-05-03T09:00") },
      { closeIntake: "planned-size" as const },
    ]) {
      expect(await laterCodeOf(() => set(terms))).toBe("invalid-form");
    }
    await set({ endsAtMs: at("2026-05-09T09:00") });
    const [entry] = await context.store.activity.read({ limit: 1 });
    await undo(context, TARGET, { atMs: entry?.atMs ?? 0, action: entry?.action ?? "" });
    expect((await stored()).schedule).toBeUndefined();
  });
});
