import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Packages find each other's sources, so that tests need no build first; the tests of what is published make one.
  resolve: {
    alias: [
      { find: /^@sixpack\/client$/, replacement: source("./typescript/src/index.ts") },
      { find: /^@sixpack\/client\/(.*)$/, replacement: source("./typescript/src/$1.ts") },
    ],
  },
  test: {
    globalSetup: ["test/support/build.ts"],
    include: ["*/test/**/*.test.ts", "test/**/*.test.ts"],
    // What `npm run test:runtimes` runs, by names of its own.
    exclude: process.env["SIXPACK_TEST_RUNTIMES"] === undefined ? ["test/runtimes/**"] : [],
    maxWorkers: 4,
    // No verdict depends on how fast the machine is: these end what would hang, on the slowest of machines.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
