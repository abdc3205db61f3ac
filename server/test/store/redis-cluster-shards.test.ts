import { describeStore } from "./conformance.ts";
import { redisClusterEngine } from "./engines/redis-many.ts";

describeStore(redisClusterEngine(4));
