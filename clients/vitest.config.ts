import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Packages find each other's sources, so that tests need no build first; the tests of what is published make one.
  resolve: { alias: { "@sixpack/client": source("./typescript/src/index.ts") } },
  test: {
    include: ["*/test/**/*.test.ts", "test/**/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
