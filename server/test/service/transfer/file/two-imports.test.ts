/** Two imports of one name at the same moment, by two processes on one Redis. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { assigned } from "../../../../src/domain/assignment.ts";
import { tallyDifferences } from "../../../../src/domain/tally-differences.ts";
import { alone } from "../../../../src/service/alone.ts";
import { type Cargo, load } from "../../../../src/service/transfer/cargo.ts";
import { RedisStore } from "../../../../src/store/redis/redis-store.ts";
import type { ForeignExperiment } from "../../../../src/store/transfer.ts";
import { PATIENT } from "../../../store/engines/redis.ts";
import { client, named, participantsOf } from "../../../store/fixtures.ts";
import * as make from "../../../support/make.ts";
import { RedisServer } from "../../../support/redis-server.ts";

const BATCHES = 5;
const PER_BATCH = 100;

let server: RedisServer;
const stores: RedisStore[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await server.command("FLUSHALL");
});
afterAll(() => server.stop());

async function open() {
  const store = await RedisStore.open({ ...PATIENT, socketPath: server.socketPath });
  stores.push(store);
  return make.context({ store });
}

/** Five hundred clients. @param between runs before each batch but the first */
function cargo(definition: ForeignExperiment, between: () => Promise<unknown>): Cargo {
  return {
    definition,
    async *records() {
      for (let batch = 0; batch < BATCHES; batch += 1) {
        if (batch > 0) await between();
        yield Array.from({ length: PER_BATCH }, (_, index) => {
          const number = batch * PER_BATCH + index;
          const assignment = assigned(number % 2);
          return { client: client(number), assignment, epoch: 0, day: make.DAY, conversions: [] };
        });
      }
    },
    tallies: async () => ({ recorded: null, unrecorded: [], hasSubsets: true }),
  };
}

async function definition(context: Awaited<ReturnType<typeof open>>): Promise<ForeignExperiment> {
  const maker = await make.created(context.store, make.draft({ name: "maker" }));
  await context.store.lives.remove(maker, 0, undefined);
  await context.store.lives.sweep(1);
  const { life: _, version: __, ...rest } = maker;
  return { ...rest, name: named("twice") };
}

describe("two imports of one name", () => {
  it("do not get into each other's way: the second is refused, the first comes in whole, and nothing is left over", async () => {
    const [one, two] = [await open(), await open()];
    const made = await definition(one);
    const refusals: unknown[] = [];
    const outcome = await load(
      one,
      cargo(made, () =>
        load(
          two,
          cargo(made, async () => {}),
          true,
        ).catch((error: unknown) => refusals.push(error)),
      ),
      true,
    );
    expect(refusals).toHaveLength(BATCHES - 1);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: "transfer-failed" });
    if (outcome.kind !== "loaded") throw new Error(`Expected it to be loaded, got ${outcome.kind}`);
    const { experiment } = outcome;
    expect(await participantsOf(one.store, experiment)).toBe(BATCHES * PER_BATCH);
    expect(
      tallyDifferences(await two.store.tallies.read(experiment), await two.store.tallies.recount(experiment)),
    ).toEqual([]);
    // Every key belongs to the life that came in.
    const keys = (await server.command("KEYS", "sxp:{twice*")).split("\r\n").filter((key) => key.startsWith("sxp:"));
    const life = experiment.life.toString(36);
    expect(keys.filter((key) => !key.includes(`:${life}:`)).toSorted()).toEqual([
      "sxp:{twice}:live",
      "sxp:{twice}:lives",
    ]);
    expect(await server.command("GET", "sxp:{twice}:live")).toContain(`\r\n${life}\r\n`);
    expect(await server.command("SMEMBERS", "sxp:{twice}:lives")).toMatch(new RegExp(`^\\*1\r\n.*\r\n${life}\r\n$`));
    expect(await one.store.transfer.listStaged()).toEqual([]);
  });
});

describe("an import after another", () => {
  it("comes in at once when the first has ended, well or badly", async () => {
    const context = await open();
    const made = await definition(context);
    const broken = cargo(made, () => Promise.reject(new Error("the file ends here")));
    await expect(load(context, broken, true)).rejects.toThrow("the file ends here");
    expect(
      await load(
        context,
        cargo(made, async () => {}),
        true,
      ),
    ).toMatchObject({ kind: "loaded" });
    expect(
      await load(
        context,
        cargo(made, async () => {}),
        true,
      ),
    ).toMatchObject({ kind: "loaded" });
  });

  it("stops before the next records when its lease went to somebody else", async () => {
    const context = await open();
    const made = await definition(context);
    let held: boolean | undefined;
    const result = await alone(context, "work", "one", async (stillAlone) => {
      held = stillAlone();
      return "done";
    });
    expect([held, result]).toEqual([true, "done"]);
    await context.store.leases.claim(`import:${made.name}`, "somebody", 10_000);
    await expect(
      load(
        context,
        cargo(made, async () => {}),
        true,
      ),
    ).rejects.toMatchObject({ code: "transfer-failed" });
    expect(await context.store.transfer.listStaged()).toEqual([]);
  });
});
