import { describeStore } from "./conformance.ts";
import { memoryEngine } from "./engines/local.ts";

describeStore(memoryEngine());
