/** The export per client: what was sent to the API comes out again, a row per client. */
import { beforeEach, describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { parseClientId } from "../../../src/domain/names.ts";
import { parseDay } from "../../../src/domain/period.ts";
import { forgetClient } from "../../../src/service/administer/forget.ts";
import { convert } from "../../../src/service/convert.ts";
import { participate } from "../../../src/service/participate.ts";
import { exportClientsCsv } from "../../../src/service/report/clients-csv.ts";
import type { Store } from "../../../src/store/store.ts";
import { useEngine } from "../../store/engines/engine.ts";
import { embeddedEngine, memoryEngine } from "../../store/engines/local.ts";
import { redisEngine } from "../../store/engines/redis.ts";
import { client, named } from "../../store/fixtures.ts";
import { ModelStore } from "../../store/model/model-store.ts";
import * as make from "../../support/make.ts";

const HEAD = "client_id,alternative,epoch,joined,day,events,total,sales:day,sales:events,sales:total";

async function clientsCsv(store: Store, name = "service"): Promise<string> {
  const experiment = await store.definitions.read(named(name));
  if (experiment === undefined) throw new Error(`Expected ${name} to exist`);
  let text = "";
  for await (const piece of await exportClientsCsv(store, experiment)) text += piece;
  return text;
}

/** Rows without the head, in one order. */
function rowsIn(csv: string): readonly string[] {
  return csv.trimEnd().split("\r\n").slice(1).toSorted();
}

describe.each([memoryEngine(), embeddedEngine(), redisEngine()])("in the $name engine", (engine) => {
  let store: Store;

  const open = useEngine(engine);
  beforeEach(async () => {
    store = await open();
  });

  /** Four clients, of whom one comes back, one converts on two KPIs, and one is forced. */
  async function visit(keepClientIds: boolean): Promise<void> {
    const context = make.context({ store, settings: { keepClientIds } });
    const day = parseDay("2025-03-01");
    const long = "x".repeat(1024);
    for (const id of ['=cmd("x")', "ünï ✓", long, "ünï ✓"])
      await participate(context, make.request({ client: id, day }));
    await participate(context, make.request({ client: "forced", force: "blue", recordForce: true, day }));
    const events = [
      { kpi: null, value: 1.5 },
      { kpi: null, value: -4 },
      { kpi: "sales", value: undefined },
    ];
    for (const event of events) {
      await convert(context, make.conversion({ client: "ünï ✓", day: parseDay("2025-03-02"), ...event }));
    }
  }

  it("gives each client with its id, alternative, epoch, day, and what it did per KPI", async () => {
    await visit(true);
    const csv = await clientsCsv(store);
    expect(csv.startsWith(`${HEAD}\r\n`)).toBe(true);
    const rows = rowsIn(csv).map((row) => row.replace(/,(red|green|blue),/, ",?,"));
    expect(rows).toEqual(
      [
        '"\'=cmd(""x"")",?,0,2025-03-01,,,,,,',
        "forced,?,0,2025-03-01,,,,,,",
        "ünï ✓,?,0,2025-03-01,2025-03-02,2,-2.5,2025-03-02,1,0",
        `${"x".repeat(1024)},?,0,2025-03-01,,,,,,`,
      ].toSorted(),
    );
    expect(csv).toContain("forced,blue,");
  });

  it("gives the same rows without ids where they are not kept", async () => {
    await visit(false);
    const rows = rowsIn(await clientsCsv(store));
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row).toMatch(/^,(red|green|blue),0,2025-03-01,/);
  });

  it("leaves out what is about a KPI that is newer than its head", async () => {
    const context = make.context({ store });
    await participate(context, make.request({ client: "ann" }));
    const before = await store.definitions.read(named("service"));
    if (before === undefined) throw new Error("Expected the experiment");
    const pieces = await exportClientsCsv(store, before);
    await convert(context, make.conversion({ client: "ann", kpi: "late", value: 9 }));
    let text = "";
    for await (const piece of pieces) text += piece;
    const [head, row] = text.trimEnd().split("\r\n");
    expect([head?.split(",").length, row?.split(",").length]).toEqual([7, 7]);
  });

  it("has no row of a client that was forgotten", async () => {
    await visit(true);
    expect(await forgetClient(make.context({ store }), parseClientId("forced"), "test")).toEqual(["service"]);
    expect(await clientsCsv(store)).not.toContain("forced");
    expect(rowsIn(await clientsCsv(store))).toHaveLength(3);
  });

  it("tells excluded clients, explorers, and every client of many", async () => {
    const experiment = await make.created(store, make.draft({ name: "many" }));
    const numbers = Array.from({ length: 4_000 }, (_, number) => number);
    await Promise.all(
      numbers.map((number) => {
        const proposal = number % 4 === 0 ? EXCLUDED : assigned(1, number % 4 === 1);
        const id = parseClientId(`client-${number}`);
        return store.records.participate({ experiment, client: client(number), proposal, day: make.DAY, id });
      }),
    );
    const expected = numbers.map(
      (number) => `client-${number},${number % 4 === 0 ? "(excluded)" : "green"},0,2025-03-01,,,`,
    );
    expect(rowsIn(await clientsCsv(store, "many"))).toEqual(expected.toSorted());
  });
});

it("comes in small pieces, made as they are taken, with a turn for others between any two", async () => {
  const store = new ModelStore();
  const experiment = await make.created(store, make.draft({ name: "pieces" }));
  for (let number = 0; number < 5_000; number += 1) {
    await store.records.participate({ experiment, client: client(number), proposal: assigned(0), day: make.DAY });
  }
  let turns = 0;
  let counting = true;
  const count = () => {
    turns += 1;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  let pieces = 0;
  for await (const piece of await exportClientsCsv(store, experiment)) {
    expect(piece.trimEnd().split("\r\n").length).toBeLessThanOrEqual(100);
    pieces += 1;
  }
  counting = false;
  // The head, and 5,000 rows, 100 a piece.
  expect(pieces).toBe(51);
  expect(turns).toBeGreaterThanOrEqual(50);
});
