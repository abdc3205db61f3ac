/**
 * Builds the package in the current folder: every entry of its `exports` from `src/<entry>.ts`, as ESM and CommonJS,
 * each a file of its own without shared chunks, and the declarations of both. Where `unpkg` names a file, that is one for
 * a script tag, made from `src/script-tag.ts`.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { build } from "vite";

const { exports, unpkg, dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const external = Object.keys({ ...dependencies, ...peerDependencies }).map((name) => new RegExp(`^${name}(/|$)`));

// The repository keeps one copy; this one is lent to the tarball.
copyFileSync("../../LICENSE", "LICENSE");
rmSync("dist", { recursive: true, force: true });
for (const path of Object.keys(exports).filter((name) => !name.endsWith(".json"))) {
  const entry = path === "." ? "index" : path.slice(2);
  await bundle({ entry: { [entry]: `src/${entry}.ts` }, formats: ["es", "cjs"] });
}
if (unpkg !== undefined) {
  await bundle({ entry: "src/script-tag.ts", name: "Sixpack", formats: ["iife"], fileName: () => basename(unpkg) });
}
// Bundlers drop directives. Without this one a server component that imports the file doesn't build.
for (const name of readdirSync("dist").filter((file) => /^react\.c?js$/.test(file))) {
  const path = join("dist", name);
  writeFileSync(path, `"use client";${readFileSync(path, "utf8")}`);
}

async function bundle(lib) {
  await build({
    configFile: false,
    logLevel: "warn",
    build: {
      target: "es2022",
      emptyOutDir: false,
      reportCompressedSize: false,
      lib,
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
