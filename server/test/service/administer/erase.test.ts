/** Forgetting clients and compacting experiments, as a person asks for it. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { type ClientKey, clientKey, digestOf } from "../../../src/domain/digest.ts";
import { SixpackError } from "../../../src/domain/errors.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import { parseClientId } from "../../../src/domain/names.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import { remove } from "../../../src/service/administer/acts/ending.ts";
import { setArchived, setWinner } from "../../../src/service/administer/acts/state.ts";
import { compact } from "../../../src/service/administer/compact.ts";
import { forgetClient } from "../../../src/service/administer/forget.ts";
import { participate } from "../../../src/service/participate.ts";
import { FORGOTTEN_MAX, type Store } from "../../../src/store/store.ts";
import { useEngine } from "../../store/engines/engine.ts";
import { embeddedEngine, memoryEngine } from "../../store/engines/local.ts";
import { redisEngine } from "../../store/engines/redis.ts";
import { named, participantsOf, talliesOf } from "../../store/fixtures.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, record } from "../../web/support.ts";

const ANN = parseClientId("ann");

const key = (id: string, name = "links") => clientKey(digestOf(named(name), parseClientId(id)));

/** Under whose keys anything lies. */
async function clientsOf({ transfer }: Store, experiment: Experiment): Promise<readonly ClientKey[]> {
  const clients: ClientKey[] = [];
  for await (const batch of transfer.exportRecords(experiment)) clients.push(...batch.map(({ client }) => client));
  return clients.toSorted();
}

const ALTERNATIVES = ["red", "blue"];

describe.each([memoryEngine(), embeddedEngine(), redisEngine()])("in the $name engine", (engine) => {
  let store: Store;
  let context: make.TestContext;

  const open = useEngine(engine);
  beforeEach(async () => {
    store = await open();
    context = make.context({ store });
  });

  async function experiment(name: string) {
    const stored = await store.definitions.read(named(name));
    if (stored === undefined) throw new Error(`Expected ${name} to exist`);
    return stored;
  }

  it("forgets a client in live and removed experiments, and names it nowhere", async () => {
    for (const name of ["one", "two", "three"]) await createExperiment(context, name);
    const visit = { client: "ann", index: 1, converts: [null, "sales"], value: 12.5 };
    await record(context, "one", [visit, { client: "bob", index: 1 }]);
    await record(context, "two", [visit]);
    await record(context, "three", [{ client: "bob", index: 0 }]);
    await remove(context, { name: "two", actor: "test" });

    expect((await forgetClient(context, ANN, "test")).toSorted()).toEqual(["one", "two"]);
    expect(await forgetClient(context, ANN, "test")).toEqual([]);
    const one = await experiment("one");
    expect(await participantsOf(store, one)).toBe(1);
    expect(tallyDifferences(await store.tallies.read(one), await store.tallies.recount(one))).toEqual([]);
    const [removed] = await store.lives.listRemoved();
    expect(removed && (await participantsOf(store, removed.experiment))).toBe(0);
    const entries = (await store.activity.read({ limit: 10 })).filter(({ action }) => action === "forget");
    expect(entries).toMatchObject([{ before: expect.stringMatching(/^client [0-9a-f]{6}…$/) }, { actor: "test" }]);
    expect(JSON.stringify(entries)).not.toContain("ann");
  });

  it("forgets a client in what is being loaded, and walks over no records where it has no other id", async () => {
    await createExperiment(context, "one");
    const { life: _, version: __, ...definition } = await experiment("one");
    const staged = await store.transfer.stage({ ...definition, name: named("links") }, make.NOW_MS);
    const joined = { assignment: assigned(1), epoch: 0, day: make.DAY, conversions: [] };
    await store.transfer.loadRecords(staged, [{ client: key("ann"), ...joined }]);
    await store.transfer.loadTallies(staged, await store.tallies.recount(staged), []);
    const walk = vi.spyOn(store.transfer, "exportRecords");
    expect(await forgetClient(context, ANN, "test")).toEqual(["links"]);
    expect(walk).not.toHaveBeenCalled();
    walk.mockRestore();
    expect(await clientsOf(store, staged)).toEqual([]);
    expect(await talliesOf(store, staged)).toEqual([]);
  });

  it("forgets a person under every id, whichever is named, and whom they saw with them", async () => {
    await createExperiment(context, "links");
    // Three people came first in 0 and then in 1; the last one under a third id, too.
    for (const who of ["ann", "bob", "cid"]) {
      await record(context, "links", [{ client: who, index: 0, converts: [null] }]);
      context.pass(86_400_000);
      await record(context, "links", [{ client: `${who}-phone`, index: 1, converts: [null] }]);
    }
    await record(context, "links", [{ client: "ann-work", index: 1 }]);
    const link = async (one: string, other: string) =>
      store.records.link(await experiment("links"), { client: key(one) }, { client: key(other) });
    for (const who of ["ann", "bob", "cid"])
      expect(await link(who, `${who}-phone`)).toMatchObject({ kind: "conflict" });
    expect(await link("ann-phone", "ann-work")).toMatchObject({ kind: "conflict" });
    const takenOut = async () =>
      (await store.tallies.read(await experiment("links")))
        .filter(({ subset }) => subset.kind === "taken-out")
        .reduce((sum, { clients }) => sum + clients, 0);
    expect(await takenOut()).toBe(4);
    // The id that counts, and one that was taken out.
    for (const [id, left] of [
      ["ann", 2],
      ["bob-phone", 1],
    ] as const) {
      expect(await forgetClient(context, parseClientId(id), "test")).toEqual(["links"]);
      expect([await participantsOf(store, await experiment("links")), await takenOut()]).toEqual([left, left]);
    }
    const after = await experiment("links");
    expect(tallyDifferences(await store.tallies.read(after), await store.tallies.recount(after))).toEqual([]);
    expect(await clientsOf(store, after)).toEqual([key("cid"), key("cid-phone")].toSorted());
  });

  it("forgets every id of a person who was never in conflict, in live and removed lives", async () => {
    for (const name of ["links", "kept"]) await createExperiment(context, name);
    for (const name of ["links", "kept"]) {
      await record(context, name, [{ client: "ann", index: 0, converts: [null] }]);
      await record(context, name, [{ client: "bob", index: 0 }]);
      const stored = await experiment(name);
      for (const [id, other] of [
        ["ann", "ann-phone"],
        ["ann-phone", "ann-work"],
        ["bob", "bob-phone"],
      ] as const) {
        expect(await store.records.link(stored, { client: key(id, name) }, { client: key(other, name) })).toMatchObject(
          { kind: "linked" },
        );
      }
    }
    const lives = [await experiment("links"), await experiment("kept")];
    await remove(context, { name: "kept", actor: "test" });
    expect((await forgetClient(context, ANN, "test")).toSorted()).toEqual(["kept", "links"]);
    for (const life of lives) {
      expect(await clientsOf(store, life)).toEqual([key("bob", life.name), key("bob-phone", life.name)].toSorted());
    }
  });

  it("goes on when it is asked again after it was interrupted", async () => {
    await createExperiment(context, "links");
    await record(context, "links", [{ client: "ann", index: 0 }]);
    context.pass(86_400_000);
    for (const client of ["ann-phone", "ann-work"]) {
      await record(context, "links", [{ client, index: 1 }]);
      await store.records.link(await experiment("links"), { client: key("ann") }, { client: key(client) });
    }
    const look = vi.spyOn(store.transfer, "exportRecords").mockImplementationOnce(() => {
      throw new SixpackError("store-unavailable");
    });
    await expect(forgetClient(context, ANN, "test")).rejects.toMatchObject({ code: "store-unavailable" });
    look.mockRestore();
    expect(await forgetClient(context, ANN, "test")).toEqual(["links"]);
    const after = await experiment("links");
    expect(await clientsOf(store, after)).toEqual([]);
    expect((await store.tallies.read(after)).filter(({ clients }) => clients !== 0)).toEqual([]);
  });

  it("looks through the records twice, and takes a hundred ids at a time, however many somebody linked", async () => {
    await createExperiment(context, "links");
    await record(context, "links", [{ client: "first", index: 0 }]);
    context.pass(86_400_000);
    const ids = Array.from({ length: 250 }, (_, number) => `id-${number}`);
    await record(
      context,
      "links",
      ids.map((client) => ({ client, index: 1 })),
    );
    const stored = await experiment("links");
    for (const id of ids) await store.records.link(stored, { client: key("first") }, { client: key(id) });
    const looks = vi.spyOn(store.transfer, "exportRecords");
    const forgets = vi.spyOn(store.records, "forget");
    expect(await forgetClient(context, parseClientId("first"), "test")).toEqual(["links"]);
    expect(looks).toHaveBeenCalledTimes(2);
    expect(forgets).toHaveBeenCalledTimes(3);
    const after = await experiment("links");
    expect((await store.tallies.recount(after)).filter(({ clients }) => clients !== 0)).toEqual([]);
    expect(tallyDifferences(await store.tallies.read(after), await store.tallies.recount(after))).toEqual([]);
  });

  it("takes along an id that is linked after the person's ids were looked for", async () => {
    for (const before of [[], ["old"]]) {
      const name = `raced-${before.length}`;
      await createExperiment(context, name);
      await record(context, name, [{ client: "ann", index: 0 }, ...before.map((client) => ({ client, index: 1 }))]);
      const stored = await experiment(name);
      const link = (id: string) => store.records.link(stored, { client: key("ann", name) }, { client: key(id, name) });
      for (const id of before) await link(id);
      const forget = store.records.forget.bind(store.records);
      const raced = vi.spyOn(store.records, "forget").mockImplementationOnce(async (...args) => {
        await link("late");
        return forget(...args);
      });
      expect(await forgetClient(context, ANN, "test")).toEqual([name]);
      raced.mockRestore();
      expect(await clientsOf(store, await experiment(name))).toEqual([]);
    }
  });

  it("finds what was linked meanwhile also where it was interrupted before it looked again", async () => {
    await createExperiment(context, "links");
    await record(context, "links", [{ client: "ann", index: 0 }]);
    const link = async (one: string, other: string) =>
      store.records.link(await experiment("links"), { client: key(one) }, { client: key(other) });
    const forget = store.records.forget.bind(store.records);
    const raced = vi.spyOn(store.records, "forget").mockImplementationOnce(async (...args) => {
      await link("ann", "late");
      await link("late", "later");
      return forget(...args);
    });
    const look = vi.spyOn(store.transfer, "exportRecords").mockImplementationOnce(() => {
      throw new SixpackError("store-unavailable");
    });
    await expect(forgetClient(context, ANN, "test")).rejects.toMatchObject({ code: "store-unavailable" });
    raced.mockRestore();
    look.mockRestore();
    expect(await clientsOf(store, await experiment("links"))).not.toEqual([]);
    expect(await forgetClient(context, ANN, "test")).toEqual(["links"]);
    expect(await clientsOf(store, await experiment("links"))).toEqual([]);
    expect(await store.notes.read("forgetting")).toEqual(new Map());
  });

  it("forgets in every experiment, whatever the activity log takes, and says what that lacks", async () => {
    for (const name of ["one", "two"]) {
      await createExperiment(context, name);
      await record(context, name, [{ client: "ann", index: 0 }]);
    }
    const refused = vi.spyOn(store.activity, "append").mockRejectedValue(new SixpackError("store-unavailable"));
    await expect(forgetClient(context, ANN, "test")).rejects.toMatchObject({
      code: "not-logged",
      detail: expect.stringContaining('"action":"forget"'),
    });
    refused.mockRestore();
    for (const name of ["one", "two"]) expect(await participantsOf(store, await experiment(name))).toBe(0);
  });

  it("looks through no records of a person with one id", async () => {
    await createExperiment(context, "links");
    await record(context, "links", [{ client: "ann", index: 0 }]);
    const looks = vi.spyOn(store.transfer, "exportRecords");
    expect(await forgetClient(context, ANN, "test")).toEqual(["links"]);
    expect(looks).not.toHaveBeenCalled();
  });

  it("goes on with whoever has more ids than go at once, wherever it was interrupted", async () => {
    for (const goes of [1, 2]) {
      const name = `links-${goes}`;
      await createExperiment(context, name);
      await record(context, name, [{ client: "ann", index: 0 }]);
      const stored = await experiment(name);
      for (let number = 0; number < 2 * FORGOTTEN_MAX + 1; number += 1) {
        await store.records.link(stored, { client: key("ann", name) }, { client: key(`id-${number}`, name) });
      }
      const forget = store.records.forget.bind(store.records);
      let left = goes;
      const broken = vi.spyOn(store.records, "forget").mockImplementation((...args) => {
        left -= 1;
        if (left < 0) throw new SixpackError("store-unavailable");
        return forget(...args);
      });
      await expect(forgetClient(context, ANN, "test")).rejects.toMatchObject({ code: "store-unavailable" });
      broken.mockRestore();
      expect((await clientsOf(store, await experiment(name))).length).toBeGreaterThan(0);
      expect(await forgetClient(context, ANN, "test")).toEqual([name]);
      expect(await clientsOf(store, await experiment(name))).toEqual([]);
      expect(await store.notes.read("forgetting")).toEqual(new Map());
    }
  });

  it("compacts an archived experiment, which then serves and reports as before", async () => {
    await createExperiment(context, "old");
    await record(context, "old", crowd(1, 50, 20));
    const act = { name: "old", actor: "test" };
    await expect(compact(context, act)).rejects.toMatchObject({ code: "experiment-not-archived" });
    await setArchived(context, act, true);
    const tallies = await talliesOf(store, await experiment("old"));
    expect(await compact(context, act)).toMatchObject({ clients: 50, experiment: { compacted: true } });
    expect(await compact(context, act)).toMatchObject({ clients: 0 });
    expect(await talliesOf(store, await experiment("old"))).toEqual(tallies);

    expect(
      await participate(context, make.request({ experiment: "old", alternatives: ALTERNATIVES, client: "ann" })),
    ).toMatchObject({ index: 0, reason: "archived" });
    const forced = make.request({
      experiment: "old",
      alternatives: ALTERNATIVES,
      client: "ann",
      force: "blue",
      recordForce: true,
    });
    expect(await participate(context, forced)).toMatchObject({ index: 1, reason: "forced" });
    await setWinner(context, act, "blue");
    expect(
      await participate(context, make.request({ experiment: "old", alternatives: ALTERNATIVES, client: "ann" })),
    ).toMatchObject({ index: 1, reason: "winner" });
    expect(await talliesOf(store, await experiment("old"))).toEqual(tallies);
    await expect(setArchived(context, act, false)).rejects.toMatchObject({ code: "experiment-compacted" });
    const actions = (await store.activity.read({ limit: 10 })).map(({ action }) => action);
    expect(actions).toEqual(["set-winner", "compact", "archive"]);
  });
});
