/** How often a call asks the store: that ids can be linked costs nothing to those that are not. */
import { AbstractLevel } from "abstract-level";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { parseClientId } from "../../src/domain/names.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { convert } from "../../src/service/convert.ts";
import { link } from "../../src/service/link-ids.ts";
import { participate } from "../../src/service/participate.ts";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";

interface Engine {
  readonly open: () => Promise<Store>;
  /** Reads, or scripts, that the database was asked for since it began. */
  readonly asked: () => Promise<number>;
  /** How many of them each call takes. */
  readonly costs: Readonly<Record<keyof typeof CALLS, number>>;
}

const reads = vi.spyOn(AbstractLevel.prototype, "getSync");
let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterEach(() => void vi.useRealTimers());
afterAll(async () => {
  reads.mockRestore();
  await redis.stop();
});

async function scriptsRun(): Promise<number> {
  const text = await redis.command("INFO", "commandstats");
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(text)?.[1] ?? 0);
}

const CALLS = {
  "a new client takes part": (context: ServiceContext) => participate(context, make.request({ client: "new" })),
  "a known client takes part": (context: ServiceContext) => participate(context, make.request({ client: "known" })),
  "a known client converts": (context: ServiceContext) => convert(context, make.conversion({ client: "known" })),
  "a known client converts again": (context: ServiceContext) => convert(context, make.conversion({ client: "known" })),
};

const LOOK_UPS = Object.keys(CALLS) as (keyof typeof CALLS)[];

const ENGINES: Readonly<Record<string, Engine>> = {
  local: {
    open: () => LocalStore.open({ folder: null, cacheSlots: 1 << 12 }),
    asked: async () => reads.mock.calls.length,
    // New ones are told by the filter; a conversion reads the record and what the client did before.
    costs: {
      "a new client takes part": 0,
      "a known client takes part": 0,
      "a known client converts": 2,
      "a known client converts again": 2,
    },
  },
  redis: {
    open: () => RedisStore.open({ socketPath: redis.socketPath, ...PATIENT, prefix: "look-ups", cacheSlots: 1 << 12 }),
    asked: scriptsRun,
    costs: {
      "a new client takes part": 1,
      "a known client takes part": 0,
      "a known client converts": 1,
      "a known client converts again": 1,
    },
  },
};

describe.each(Object.entries(ENGINES))("with the store: %s", (_, { open, asked, costs }) => {
  it("links of others cost a call nothing", async () => {
    // No time passes: nothing is looked for in between, and what is remembered doesn't grow old.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const store = await open();
    const context = make.context({ store });
    const pair = (client: string, previous: string) =>
      link(context, { ...make.request({ client }), previous: parseClientId(previous) });
    await participate(context, make.request({ client: "known" }));
    for (let person = 0; person < 20; person += 1) {
      await participate(context, make.request({ client: `phone-${person}` }));
      // The first and the second of an alternative read its tallies, which are remembered.
      await convert(context, make.conversion({ client: `phone-${person}` }));
      await convert(context, make.conversion({ client: `phone-${person}` }));
      await pair(`account-${person}`, `phone-${person}`);
    }
    const found: Record<string, number> = {};
    for (const name of LOOK_UPS) {
      const before = await asked();
      await CALLS[name](context);
      found[name] = (await asked()) - before;
    }
    expect(found).toEqual(costs);
    await store.close();
  });
});
