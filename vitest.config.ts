import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // One run over every package that has tests. A package joins by having a vitest.config.ts and a line here.
    projects: ["server", "clients"],
    // Every test file owns real servers, ports and folders; files wait half of their time, so four keep two cores busy.
    maxWorkers: 4,
  },
});
