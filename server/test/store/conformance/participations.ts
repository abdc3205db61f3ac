import { describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import type { ClientKey } from "../../../src/domain/digest.ts";
import { withEpoch } from "../../../src/domain/epochs.ts";
import { withPaused } from "../../../src/domain/experiment.ts";
import { ALTERNATIVES_MAX } from "../../../src/domain/names.ts";
import { DAY_MAX, type Day } from "../../../src/domain/period.ts";
import { onDay } from "../../../src/domain/subset.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client, participantsOf, talliesOf } from "../fixtures.ts";
import { AWKWARD_NAMES } from "./definitions.ts";

/** Keys whose bytes look like something else: a number, zeros, text in another encoding. */
const AWKWARD_CLIENTS = ["12345678", "-1234567", "\0".repeat(8), "\xff".repeat(8), "\xc3\xa9\xf0\x9f\xa7\xaa\r\n"];

/** As many alternatives as an experiment may have. */
const MANY = Array.from({ length: ALTERNATIVES_MAX }, (_, index) => `alternative-${index}`);

export function describeParticipations(open: Open): void {
  describe("participations", () => {
    describeFirstWriter(open);
    describeStale(open);
    describeAssignments(open);
  });
}

function describeFirstWriter(open: Open): void {
  it("records the first proposal and answers later ones with it", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "first" }));
    const call = { experiment, client: client(1), day: make.DAY };
    expect(await store.records.participate({ ...call, proposal: assigned(1) })).toEqual({
      kind: "recorded",
      assignment: assigned(1),
    });
    expect(await store.records.participate({ ...call, proposal: assigned(2) })).toEqual({
      kind: "existing",
      assignment: assigned(1),
    });
    expect(await talliesOf(store, experiment)).toEqual([make.tally({ assignment: assigned(1) })]);
  });

  it("records exactly one of 50 parallel proposals for one client and gives all callers that one", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "crowd" }));
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        store.records.participate({ experiment, client: client(1), proposal: assigned(number % 3), day: make.DAY }),
      ),
    );
    const recorded = outcomes.filter(({ kind }) => kind === "recorded");
    expect(recorded).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "existing")).toHaveLength(49);
    const assignment = await store.records.read(experiment, client(1));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ assignment });
    expect(await participantsOf(store, experiment)).toBe(1);
  });

  it("answers a thousand parallel calls in the order in which they were made", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "thousand" }));
    // Every client calls twice, the second time with another proposal.
    const calls = Array.from({ length: 2_000 }, (_, number) => ({ number: number % 1_000, again: number >= 1_000 }));
    const outcomes = await Promise.all(
      calls.map(({ number, again }) => {
        const proposal = assigned(again ? (number + 1) % 3 : number % 3);
        return store.records.participate({ experiment, client: client(number), proposal, day: make.DAY });
      }),
    );
    for (const [index, outcome] of outcomes.entries())
      expect(outcome).toMatchObject({ assignment: assigned((index % 1_000) % 3) });
    expect(outcomes.filter(({ kind }) => kind === "recorded")).toHaveLength(1_000);
    expect((await talliesOf(store, experiment)).map(({ clients }) => clients)).toEqual([334, 333, 333]);
    for (let number = 0; number < 1_000; number += 1) {
      expect(await store.records.read(experiment, client(number))).toEqual(assigned(number % 3));
    }
    expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual([]);
  });
}

function describeStale(open: Open): void {
  it("refuses a new client's proposal that was decided on an older version and writes nothing", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "versions" }));
    await store.definitions.change(withPaused(experiment, true));
    const call = { experiment, client: client(1), proposal: assigned(0), day: make.DAY };
    expect(await store.records.participate(call)).toEqual({ kind: "stale" });
    expect(await store.records.read(experiment, client(1))).toBeUndefined();
    expect(await store.tallies.read(experiment)).toEqual([]);
  });

  it("answers a known client whatever the version", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "loyal" }));
    const call = { experiment, client: client(1), proposal: assigned(2), day: make.DAY };
    await store.records.participate(call);
    await store.definitions.change(withPaused(experiment, true));
    expect(await store.records.participate(call)).toEqual({ kind: "existing", assignment: assigned(2) });
  });

  it("refuses known and new clients of a life that has ended", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "ended" }));
    const call = { experiment, client: client(1), proposal: assigned(2), day: make.DAY };
    await store.records.participate(call);
    await store.lives.remove(experiment, make.NOW_MS, make.draft({ name: "ended" }));
    expect(await store.records.participate(call)).toEqual({ kind: "stale" });
    expect(await store.records.participate({ ...call, client: client(2) })).toEqual({ kind: "stale" });
  });
}

function describeAssignments(open: Open): void {
  it("records excluded clients and counts them apart", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "excluded" }));
    const call = { experiment, client: client(1), day: make.DAY };
    expect(await store.records.participate({ ...call, proposal: EXCLUDED })).toEqual({
      kind: "recorded",
      assignment: EXCLUDED,
    });
    expect(await store.records.participate({ ...call, proposal: assigned(0) })).toEqual({
      kind: "existing",
      assignment: EXCLUDED,
    });
    expect(await store.records.read(experiment, client(1))).toEqual(EXCLUDED);
    expect(await talliesOf(store, experiment)).toEqual([make.tally({ assignment: EXCLUDED })]);
  });

  it("counts a client in the epoch in force and on the day given", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "epochs" }));
    await store.records.participate({ experiment, client: client(1), proposal: assigned(0), day: 0 as Day });
    let outcome = await store.definitions.change(withEpoch(experiment, { trafficFraction: 0.5 }, "less", make.NOW_MS));
    for (let epoch = 2; epoch <= 200 && outcome.kind === "changed"; epoch += 1) {
      outcome = await store.definitions.change(
        withEpoch(outcome.experiment, { trafficFraction: 0.5 }, "less", make.NOW_MS),
      );
    }
    if (outcome.kind !== "changed") throw new Error(`Expected 200 epochs, got ${outcome.kind}`);
    const later = { experiment: outcome.experiment, client: client(2), proposal: assigned(2), day: DAY_MAX as Day };
    await store.records.participate(later);
    expect(await talliesOf(store, experiment)).toEqual([
      make.tally({ epoch: 0, subset: onDay(0 as Day) }),
      make.tally({ epoch: 200, assignment: assigned(2), subset: onDay(DAY_MAX as Day) }),
    ]);
    expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual([]);
  });

  it("peeks at nothing or at the right assignment, and reads without writing", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "peeks" }));
    expect(store.peek.assignment(experiment, client(1))).toBeUndefined();
    expect(await store.records.read(experiment, client(1))).toBeUndefined();
    await store.records.participate({ experiment, client: client(1), proposal: assigned(2), day: make.DAY });
    expect(store.peek.assignment(experiment, client(1)) ?? assigned(2)).toEqual(assigned(2));
    expect(await store.records.read(experiment, client(2))).toBeUndefined();
    expect(await participantsOf(store, experiment)).toBe(1);
  });

  it("keeps clients apart whatever the bytes of their keys", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "bytes", alternatives: MANY }));
    for (const [index, key] of AWKWARD_CLIENTS.entries()) {
      const call = { experiment, client: key as ClientKey, proposal: assigned(index), day: make.DAY };
      expect(await store.records.participate(call)).toMatchObject({ kind: "recorded" });
    }
    for (const [index, key] of AWKWARD_CLIENTS.entries()) {
      expect(await store.records.read(experiment, key as ClientKey)).toEqual(assigned(index));
    }
  });

  it("keeps records of one client in differently named experiments apart", async () => {
    const store = await open();
    const drafts = AWKWARD_NAMES.map((name) => make.draft({ name, alternatives: MANY }));
    const experiments = await Promise.all(drafts.map((draft) => make.created(store, draft)));
    for (const [index, experiment] of experiments.entries()) {
      expect(await store.records.read(experiment, client(1))).toBeUndefined();
      await store.records.participate({
        experiment,
        client: client(1),
        proposal: assigned(index % ALTERNATIVES_MAX),
        day: make.DAY,
      });
    }
    for (const [index, experiment] of experiments.entries()) {
      const assignment = assigned(index % ALTERNATIVES_MAX);
      expect(await store.records.read(experiment, client(1))).toEqual(assignment);
      expect(await talliesOf(store, experiment)).toEqual([make.tally({ assignment })]);
    }
  });
}
