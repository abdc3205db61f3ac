import { MemoryStore } from "../../../src/store/memory.ts";
import type { EngineUnderTest } from "./engine.ts";

export function memoryEngine(): EngineUnderTest {
  return {
    name: "memory",
    start: async () => {},
    open: async () => new MemoryStore(),
    reopen: null,
    stop: async () => {},
  };
}
