import { describe, expect, it } from "vitest";
import { ACTIVITY_MAX, type Activity } from "../../../src/store/activity.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../conformance.ts";
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

    it("drops the oldest when there are too many, and still finds a rare experiment among the rest", async () => {
      const store = await open();
      await store.activity.append(entry(0, "dropped"));
      await store.activity.append(entry(1, "rare"));
      const rest = Array.from({ length: ACTIVITY_MAX - 1 }, (_, number) => entry(number + 2));
      for (let start = 0; start < rest.length; start += 1_000) {
        await Promise.all(rest.slice(start, start + 1_000).map((one) => store.activity.append(one)));
      }
      expect(await store.activity.read({ limit: ACTIVITY_MAX + 10 })).toHaveLength(ACTIVITY_MAX);
      expect(await store.activity.read({ experiment: named("dropped"), limit: 1 })).toEqual([]);
      expect(await store.activity.read({ experiment: named("rare"), limit: 1 })).toEqual([entry(1, "rare")]);
    });
  });
}
