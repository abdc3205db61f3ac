import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    // Every test file owns real servers, ports and folders; files wait half of their time, so four keep two cores busy.
    maxWorkers: 4,
    // Files leave nothing behind, so they share a process and what it has loaded: a quarter of all the work is saved.
    isolate: false,
    // No verdict depends on how fast the machine is: these end what would hang, on the slowest of machines.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
