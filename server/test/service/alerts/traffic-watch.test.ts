/** Silence is told by the hour, once for any number of processes, and a usual night is none. */
import { expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { SixpackError } from "../../../src/domain/errors.ts";
import { remove } from "../../../src/service/administer/acts/ending.ts";
import { watchTraffic } from "../../../src/service/alerts/traffic-watch.ts";
import { client } from "../../store/fixtures.ts";
import * as make from "../../support/make.ts";

const HOUR_MS = 3_600_000;
const MONDAY_MS = Date.UTC(2025, 2, 3);
const PER_HOUR = 30;

it.each([
  ["visitors", "no-traffic"],
  ["conversions", "no-conversions"],
] as const)(
  "that no %s come is told after two hours, where the day before had some, and of nights not",
  async (what, kind) => {
    const time = { nowMs: MONDAY_MS };
    const context = make.context({ clock: make.clock(() => time.nowMs) });
    const { store, clock } = context;
    const experiment = await make.created(store, make.draft({ name: "watched", createdAtMs: MONDAY_MS }));
    const told = async () => (await store.definitions.read("watched"))?.noticed.facts ?? [];
    let number = 0;
    for (let hour = 0; hour <= 36; hour += 1) {
      time.nowMs = MONDAY_MS + hour * HOUR_MS;
      expect(await told()).toEqual([]);
      const rounds = await Promise.all([1, 2, 3].map(() => watchTraffic(context)));
      expect(rounds.flat()).toEqual([]);
      const [isNight, isBroken] = [hour % 24 < 6, hour >= 34];
      if (isNight || (isBroken && what === "visitors")) continue;
      for (let came = 0; came < PER_HOUR; came += 1) {
        number += 1;
        const visitor = { experiment, client: client(number), day: clock.today() };
        await store.records.participate({ ...visitor, proposal: assigned(number % 3) });
        if (!isBroken) await store.records.convert({ ...visitor, kpi: 0, value: 0 });
      }
    }
    expect(await told()).toMatchObject([
      {
        kind,
        sentence: `No ${what} for 2 hours, since 2025-03-04 10:00, where about ${2 * PER_HOUR} are usual at this time.`,
      },
    ]);
  },
);

it("tells of no missing conversions while hardly anybody takes part who could convert", async () => {
  const time = { nowMs: MONDAY_MS };
  const context = make.context({ clock: make.clock(() => time.nowMs) });
  const { store, clock } = context;
  const experiment = await make.created(store, make.draft({ name: "watched", createdAtMs: MONDAY_MS }));
  for (let hour = 0; hour <= 36; hour += 1) {
    time.nowMs = MONDAY_MS + hour * HOUR_MS;
    expect(await watchTraffic(context)).toEqual([]);
    // One comes in an hour, and the first of all converts again and again.
    const [first, visitor] = [1, hour + 1].map((number) => ({
      experiment,
      client: client(number),
      day: clock.today(),
    }));
    if (first === undefined || visitor === undefined) throw new Error("Expected two");
    await store.records.participate({ ...visitor, proposal: assigned(hour % 3) });
    for (let came = 0; came < PER_HOUR && hour < 34; came += 1) {
      await store.records.convert({ ...first, kpi: 0, value: 0 });
    }
  }
  expect((await store.definitions.read("watched"))?.noticed.facts ?? []).toEqual([]);
});

it("tells in the next round what the store did not take", async () => {
  const time = { nowMs: MONDAY_MS + 40 * HOUR_MS };
  const context = make.context({ clock: make.clock(() => time.nowMs) });
  const { store } = context;
  const { life } = await make.created(store, make.draft({ name: "watched", createdAtMs: MONDAY_MS }));
  // Two silent hours lie behind it, and as many of the day before with 500 visitors each.
  const joins = Array.from({ length: 26 }, (_, hour) => (hour < 24 ? 500 : 0));
  const profile = { of: `${life}/1`, totals: { joins: 12_000, converts: 0 }, whole: true, joins, converts: joins };
  const hour = time.nowMs / HOUR_MS;
  await store.notes.swap("traffic", "watched", null, JSON.stringify({ ...profile, hour: hour - 1 }));
  const change = store.definitions.change.bind(store.definitions);
  store.definitions.change = async () => {
    throw new SixpackError("store-unavailable");
  };
  expect(await watchTraffic(context)).toHaveLength(1);
  store.definitions.change = change;
  expect(await watchTraffic(context)).toEqual([]);
  expect((await store.definitions.read("watched"))?.noticed.facts).toMatchObject([{ kind: "no-traffic" }]);
});

it("forgets the usual traffic of what was deleted", async () => {
  const context = make.context();
  const { store } = context;
  await make.created(store, make.draft({ name: "watched" }));
  await watchTraffic(context);
  expect([...(await store.notes.read("traffic")).keys()]).toEqual(["watched"]);
  await remove(context, { name: "watched", actor: "ada" });
  await watchTraffic(context);
  expect(await store.notes.read("traffic")).toEqual(new Map());
});

it("begins anew with a profile that was damaged, and tells nothing of it", async () => {
  const hour = MONDAY_MS / HOUR_MS;
  const whole = { of: "1/1", hour, totals: { joins: 0, converts: 0 }, whole: true, joins: [500], converts: [500] };
  for (const damaged of [
    "{broken",
    "null",
    JSON.stringify({ ...whole, joins: ["5", null, {}] }),
    JSON.stringify({ ...whole, joins: Array(100_000).fill(500) }),
    JSON.stringify({ ...whole, hour: 0.5 }),
    JSON.stringify({ ...whole, totals: { joins: "many", converts: 0 } }),
    JSON.stringify({ ...whole, whole: "yes" }),
  ]) {
    const time = { nowMs: MONDAY_MS + 40 * HOUR_MS };
    const context = make.context({ clock: make.clock(() => time.nowMs) });
    const { store } = context;
    await make.created(store, make.draft({ name: "watched", createdAtMs: MONDAY_MS }));
    await store.notes.swap("traffic", "watched", null, damaged);
    expect(await watchTraffic(context)).toEqual([]);
    expect((await store.definitions.read("watched"))?.noticed.facts ?? []).toEqual([]);
    const kept = JSON.parse((await store.notes.read("traffic")).get("watched") ?? "null");
    expect([damaged.slice(0, 40), kept]).toEqual([damaged.slice(0, 40), expect.objectContaining({ joins: [] })]);
  }
});
