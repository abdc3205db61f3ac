/**
 * Two builds. The server's: one ESM file per entry for Node, with everything that is not a runtime dependency inside it.
 * The pages' (`vite build --mode client`): style sheet and islands, hashed, with a manifest that `web/http/assets.ts` reads.
 *
 * What package.json lists under `dependencies` stays an import and is installed by npm; what it lists under
 * `devDependencies` (Fastify, Preact, d3) is bundled, so that an installed server carries few packages and starts fast.
 * `.lua?raw` imports become strings, so that Lua stays source in its own files.
 */
import { cpSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type UserConfig } from "vite";
import manifest from "./package.json" with { type: "json" };
import { thirdPartyNotices } from "./third-party-notices.ts";

/** The method page shows the document of its own build, and editors read the schema of files: the package carries both. */
const documents: Plugin = {
  name: "documents",
  closeBundle() {
    for (const name of ["statistics.md", "experiments.schema.json", "configuration.schema.json"]) {
      const [from, to] = [`../docs/${name}`, `./dist/docs/${name}`].map((path) =>
        fileURLToPath(new URL(path, import.meta.url)),
      );
      if (from !== undefined && to !== undefined && existsSync(from)) cpSync(from, to);
    }
  },
};

const server: UserConfig = {
  plugins: [documents, thirdPartyNotices()],
  // Files under public/ belong to the pages' client build, not to this one.
  publicDir: false,
  ssr: {
    target: "node",
    noExternal: true,
    // Native code that hot-shots asks for only where StatsD listens on a Unix socket, which we never use.
    external: [...Object.keys(manifest.dependencies), "unix-dgram"],
  },
  build: {
    ssr: true,
    outDir: "dist",
    emptyOutDir: true,
    target: "node20",
    sourcemap: true,
    // A stack trace should name our functions; the size of a server's file matters to nobody.
    minify: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { main: "src/main.ts", "calibration-thread": "src/service/analysis/calibration-thread.ts" },
      output: {
        format: "es",
        entryFileNames: "[name].js",
        chunkFileNames: "chunks/[name]-[hash].js",
        // A file for each of two floors that import nothing above them: a short command spends its time with finding files.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "lib", test: /server\/src\/lib\// },
            { name: "stats", test: /server\/src\/stats\// },
          ],
        },
      },
    },
  },
};

const client: UserConfig = {
  plugins: [thirdPartyNotices()],
  publicDir: false,
  build: {
    outDir: "dist/client",
    emptyOutDir: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    manifest: "manifest.json",
    // An asset in a data: URL would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { pages: "src/web/assets/pages.css", islands: "src/web/islands/main.ts" },
    },
  },
};

export default defineConfig(({ mode }) => (mode === "client" ? client : server));
