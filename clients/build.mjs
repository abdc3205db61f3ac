/**
 * Builds the package in the current folder: every entry of its `exports` from `src/<entry>.ts`, as ESM and CommonJS,
 * each a file of its own without shared chunks, and the declarations of both.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "vite";

const { exports, dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const external = Object.keys({ ...dependencies, ...peerDependencies }).map((name) => new RegExp(`^${name}(/|$)`));

// The repository keeps one copy; this one is lent to the tarball.
copyFileSync("../../LICENSE", "LICENSE");
rmSync("dist", { recursive: true, force: true });
for (const path of Object.keys(exports)) {
  const entry = path === "." ? "index" : path.slice(2);
  await build({
    configFile: false,
    logLevel: "warn",
    build: {
      target: "es2022",
      emptyOutDir: false,
      sourcemap: "hidden",
      reportCompressedSize: false,
      lib: { entry: { [entry]: `src/${entry}.ts` }, formats: ["es", "cjs"] },
      // Vite leaves the white space of ESM libraries; pages that load these files directly should not pay for it.
      rolldownOptions: { external, output: { minify: true, comments: false } },
    },
  });
}

const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
const { status } = spawnSync(process.execPath, [join(typescript, "bin/tsc"), "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
// Imports between declarations name the files as they are published.
for (const name of readdirSync("dist").filter((file) => file.endsWith(".d.ts"))) {
  const path = join("dist", name);
  const text = readFileSync(path, "utf8");
  const importing = (extension) => text.replace(/(["'])(\.\/[\w-]+)\.ts\1/g, `$1$2.${extension}$1`);
  writeFileSync(path, importing("js"));
  writeFileSync(path.replace(/\.d\.ts$/, ".d.cts"), importing("cjs"));
}
