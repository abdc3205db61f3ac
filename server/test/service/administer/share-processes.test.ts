/** Two servers on one Redis, each with a store of its own: a change made by one is no failure for the callers of the other. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SixpackError } from "../../../src/domain/errors.ts";
import { currentEpoch } from "../../../src/domain/experiment.ts";
import { addAlternative, retireAlternative } from "../../../src/service/administer/acts/sharing.ts";
import { declare } from "../../../src/service/administer/declare.ts";
import type { ServiceContext } from "../../../src/service/context.ts";
import { participate } from "../../../src/service/participate.ts";
import { RedisStore } from "../../../src/store/redis/redis-store.ts";
import { PATIENT } from "../../store/engines/redis.ts";
import * as make from "../../support/make.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { laterCodeOf } from "../../support/refusal.ts";

const ACT = { name: "rolling", actor: "ada" };

let server: RedisServer;
let here: ServiceContext;
let there: ServiceContext;

beforeAll(async () => {
  server = await RedisServer.start();
  const open = () =>
    RedisStore.open({ ...PATIENT, socketPath: server.socketPath, prefix: "rolling", cacheSlots: 1 << 12 });
  [here, there] = [make.context({ store: await open() }), make.context({ store: await open() })];
});
afterAll(async () => {
  await Promise.all([here, there].map(({ store }) => store.close()));
  await server.stop();
});

function ask(context: ServiceContext, client: string, ...alternatives: string[]) {
  return participate(context, make.request({ experiment: ACT.name, alternatives, client }));
}

describe("a caller of a server that has not heard of a change yet", () => {
  it("is understood with the new set at once, and still with the one before", async () => {
    await ask(here, "first", "red", "blue", "green");
    // The other server knows the definition as it is now, and for a second will not ask for it again.
    await ask(there, "second", "red", "blue", "green");
    await addAlternative(here, ACT, "grey");
    expect(await ask(there, "third", "red", "blue", "green", "grey")).toMatchObject({ reason: "assigned" });
    await retireAlternative(here, ACT, "blue");
    expect(await ask(there, "fourth", "red", "green", "grey")).toMatchObject({ reason: "assigned" });
    expect(await ask(there, "first", "red", "blue", "green", "grey")).toMatchObject({ reason: "assigned" });
  });

  it("is refused with a set that nobody ever stored", async () => {
    expect(await laterCodeOf(async () => ask(there, "fifth", "red", "pink"))).toBe("alternatives-changed");
  });
});

describe("two servers that take a slice of a layer at once", () => {
  it("get one of two that overlap, and both of two that don't", async () => {
    const names = ["one", "two", "three", "four"];
    const declared = (context: ServiceContext, name: string, span: readonly string[]) =>
      declare(
        context,
        { name, actor: "ada" },
        {
          ...{ alternatives: ["red", "blue"], weights: undefined, trafficFraction: undefined },
          layer: { name: "checkout", slice: span },
        },
      ).then(
        ({ kind }) => kind,
        (error: unknown) => (error instanceof SixpackError ? error.code : error),
      );
    const outcomes = await Promise.all([
      declared(here, "one", ["0", "0.3"]),
      declared(there, "two", ["0.2", "0.5"]),
      declared(here, "three", ["0.5", "0.6"]),
      declared(there, "four", ["0.6", "1"]),
    ]);
    expect(outcomes.slice(0, 2).sort()).toEqual(["declared", "slice-taken"]);
    expect(outcomes.slice(2)).toEqual(["declared", "declared"]);
    const stored = await Promise.all(names.map((name) => here.store.definitions.read(name)));
    const kept = stored.flatMap((experiment) => (experiment === undefined ? [] : [currentEpoch(experiment).slice]));
    expect(kept).toHaveLength(3);
  });
});
