import { describeStore } from "./conformance.ts";
import { memoryEngine } from "./engines/memory.ts";

describeStore(memoryEngine());
