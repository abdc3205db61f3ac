/**
 * A process of its own that lets clients 0..n-1 take part, always proposing the same alternative, and prints one digit
 * per client: the alternative it got.
 *
 *     node --import tsx --import ./scripts/raw-text.mjs participate-process.ts <socket> <prefix> <experiment> <n> <alternative>
 */
import { assigned } from "../../src/domain/assignment.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { client, named } from "../store/fixtures.ts";
import * as make from "./make.ts";

const [socketPath, prefix, name = "", count, alternative] = process.argv.slice(2);

const store = await RedisStore.open({ ...PATIENT, socketPath, prefix });
const experiment = await store.definitions.read(named(name));
if (experiment === undefined) throw new Error(`Expected the experiment ${name}, got none`);
const proposal = assigned(Number(alternative));
const outcomes = await Promise.all(
  Array.from({ length: Number(count) }, (_, number) =>
    store.records.participate({ experiment, client: client(number), proposal, day: make.DAY }),
  ),
);
const digits = outcomes.map((outcome) =>
  outcome.kind !== "stale" && outcome.assignment.kind === "alternative" ? outcome.assignment.index : "-",
);
console.log(digits.join(""));
await store.close();
