/** What `sixpack doctor --records` says of the records of an experiment, on both engines. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkRecords } from "../../../src/cli/doctor/record-counts.ts";
import { assigned } from "../../../src/domain/assignment.ts";
import { type ClientKey, clientKey, digestOf } from "../../../src/domain/digest.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import { recordKey } from "../../../src/store/local/keys.ts";
import { openLevel } from "../../../src/store/local/level-database.ts";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import { RedisStore } from "../../../src/store/redis/redis-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { PATIENT } from "../../store/engines/redis.ts";
import * as make from "../../support/make.ts";
import { closing, stopping, temporaryFolder } from "../../support/one-test.ts";
import { RedisServer } from "../../support/redis-server.ts";

const VISITORS = ["ann", "ben", "cy", "dan"];
/** No record begins so; and one of the 51st alternative, of two. */
const TORN = Buffer.from([0, 1]);
const FOREIGN = Buffer.from([50, 0, 1]);
const DAMAGED = [
  ["ben", TORN],
  ["dan", FOREIGN],
] as const;

function clientOf(experiment: Experiment, visitor: string): ClientKey {
  return clientKey(digestOf(experiment.name, visitor as ClientId));
}

async function filled(store: Store): Promise<readonly Experiment[]> {
  const experiments = [
    await make.created(store, make.draft({ name: "torn" })),
    await make.created(store, make.draft({ name: "whole" })),
  ];
  for (const experiment of experiments) {
    for (const visitor of VISITORS) {
      const client = clientOf(experiment, visitor);
      await store.records.participate({ experiment, client, proposal: assigned(0), day: make.DAY });
    }
  }
  return experiments;
}

async function expectTwoTold(store: Store, experiments: readonly Experiment[]): Promise<void> {
  expect(await checkRecords(store, experiments)).toEqual([
    {
      level: "fail",
      subject: "records of torn",
      text: expect.stringMatching(/^2 can't be read, such as: .*(bytes 0001|alternative 50 of 2)$/),
      advice: "docs/operations.md, A bad day",
    },
    { level: "ok", subject: "records of whole", text: "agree with its 1 tallies" },
  ]);
}

it("counts the damaged records of a folder, says what the first is, and goes on", async () => {
  const folder = await temporaryFolder();
  const before = await LocalStore.open({ folder, cacheSlots: 64 });
  const experiments = await filled(before);
  await before.close();
  const [torn] = experiments as [Experiment];
  const database = await openLevel(join(folder, "level"), false);
  for (const [visitor, bytes] of DAMAGED) {
    await database.put(Buffer.from(recordKey(torn.life, clientOf(torn, visitor)), "latin1"), bytes);
  }
  await database.close();
  const store = closing(await LocalStore.open({ folder, cacheSlots: 64 }));
  await expectTwoTold(store, experiments);
});

it("counts those in Redis as well", async () => {
  const redis = stopping(await RedisServer.start());
  const store = closing(await RedisStore.open({ ...PATIENT, socketPath: redis.socketPath }));
  const experiments = await filled(store);
  const [torn] = experiments as [Experiment];
  for (const [visitor, bytes] of DAMAGED) {
    const bucket = `sxp:{torn}:${torn.life.toString(36)}:records:0`;
    await redis.bytes(Buffer.from("HSET"), Buffer.from(bucket), Buffer.from(clientOf(torn, visitor), "latin1"), bytes);
  }
  await expectTwoTold(store, experiments);
});
