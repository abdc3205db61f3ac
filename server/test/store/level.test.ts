import { describeStore } from "./conformance.ts";
import { levelEngine } from "./engines/level.ts";

describeStore(levelEngine());
