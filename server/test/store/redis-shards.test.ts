import { describeStore } from "./conformance.ts";
import { redisEngine } from "./engines/redis.ts";

describeStore(redisEngine(4));
