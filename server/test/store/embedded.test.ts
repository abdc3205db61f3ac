import { describeStore } from "./conformance.ts";
import { embeddedEngine } from "./engines/local.ts";

describeStore(embeddedEngine());
