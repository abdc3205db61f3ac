import { describe, expect, it } from "vitest";
import { ACTIVITY_MAX, type Activity, KEPT_MAX } from "../../../src/store/activity.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { named } from "../fixtures.ts";

function entry(number: number, experiment = "a"): Activity {
  return {
    atMs: make.NOW_MS + number,
    experiment: named(experiment),
    actor: "jane 🧪",
    action: "paused",
    before: number % 2 === 0 ? null : "running",
    after: `number ${number}`,
  };
}

export function describeActivity(open: Open): void {
  describe("activity", () => {
    it("reads entries newest first and whole, at most as many as asked for", async () => {
      const store = await open();
      for (let number = 0; number < 5; number += 1) await store.activity.append(entry(number));
      expect(await store.activity.read({ limit: 3 })).toEqual([entry(4), entry(3), entry(2)]);
      expect(await store.activity.read({ limit: 10 })).toHaveLength(5);
      expect(await store.activity.read({ limit: 0 })).toEqual([]);
    });

    it("reads on before the moment of the last entry seen", async () => {
      const store = await open();
      for (let number = 0; number < 5; number += 1) await store.activity.append(entry(number));
      expect(await store.activity.read({ limit: 2, beforeMs: make.NOW_MS + 3 })).toEqual([entry(2), entry(1)]);
      expect(await store.activity.read({ limit: 2, beforeMs: make.NOW_MS })).toEqual([]);
    });

    it("reads the entries of one experiment, whatever the names of others", async () => {
      const store = await open();
      const names = ["a", "a:b", "__proto__", "a-b"];
      for (const [number, name] of names.entries()) await store.activity.append(entry(number, name));
      for (const [number, name] of names.entries()) {
        expect(await store.activity.read({ experiment: named(name), limit: 10 })).toEqual([entry(number, name)]);
      }
      expect(await store.activity.read({ experiment: named("b"), limit: 10 })).toEqual([]);
    });

    it("keeps entries of the same moment in the order in which they came", async () => {
      const store = await open();
      const entries = ["first", "second", "third"].map((after) => ({ ...entry(1), after }));
      for (const one of entries) await store.activity.append(one);
      expect(await store.activity.read({ limit: 10 })).toEqual(entries.toReversed());
    });

    it("reads the entries of all sources in the order in which they came, or those of one", async () => {
      const store = await open();
      const entries = ["jane", "api", "server", "api:shop", "command line", "apiary"].map((actor, number) => ({
        ...entry(number),
        actor,
      }));
      for (const one of entries) await store.activity.append(one);
      expect(await store.activity.read({ limit: 10 })).toEqual(entries.toReversed());
      expect(await store.activity.read({ limit: 2 })).toEqual(entries.toReversed().slice(0, 2));
      expect((await store.activity.read({ source: "people", limit: 10 })).map(({ actor }) => actor)).toEqual([
        "apiary",
        "command line",
        "jane",
      ]);
    });

    it("drops the oldest of a source when it has too many, none of another, and still finds a rare experiment", async () => {
      const store = await open();
      await store.activity.append(entry(0, "dropped"));
      await store.activity.append(entry(1, "rare"));
      const flood = async (count: number, actor: string) => {
        const entries = Array.from({ length: count }, (_, number) => ({ ...entry(number + 2), actor }));
        for (let start = 0; start < count; start += 1_000) {
          await Promise.all(entries.slice(start, start + 1_000).map((one) => store.activity.append(one)));
        }
      };
      await flood(KEPT_MAX.people - 1, "jane");
      const first = { ...entry(0, "noticed"), actor: "server" };
      await store.activity.append(first);
      await store.activity.append({ ...entry(0, "first call"), actor: "api" });
      await flood(KEPT_MAX.calls / 2, "api");
      await flood(KEPT_MAX.calls / 2, "api:shop");
      expect(await store.activity.read({ limit: ACTIVITY_MAX })).toHaveLength(KEPT_MAX.people + 1 + KEPT_MAX.calls);
      expect(await store.activity.read({ experiment: named("first call"), limit: 1 })).toEqual([]);
      expect(await store.activity.read({ source: "server", limit: 10 })).toEqual([first]);
      expect(await store.activity.read({ source: "calls", limit: ACTIVITY_MAX })).toHaveLength(KEPT_MAX.calls);
      expect(await store.activity.read({ experiment: named("dropped"), limit: 1 })).toEqual([]);
      expect(await store.activity.read({ experiment: named("rare"), limit: 1 })).toEqual([entry(1, "rare")]);
    });
  });
}
