import { describeStore } from "./conformance.ts";
import { redisSentinelEngine } from "./engines/redis-many.ts";

describeStore(redisSentinelEngine());
