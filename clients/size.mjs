/**
 * `npm run size`: builds @sixpack/client and weighs what a page loads for its core, minified and gzipped at level 9.
 * Fails above the limit that docs/client-spec.md and the issue promise.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const CORE_BYTES_MAX = 2_816;
const folder = fileURLToPath(new URL("./typescript/", import.meta.url));

execFileSync("npm", ["run", "--silent", "build"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
for (const entry of ["index", "queue", "local", "react"]) {
  const files = loaded(`${entry}.js`, new Set());
  const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(folder + file), { level: 9 }).length, 0);
  console.log(`${entry}.js: ${bytes} bytes gzipped in ${files.size} file(s)`);
  if (entry === "index" && bytes > CORE_BYTES_MAX) {
    console.error(`Expected at most ${CORE_BYTES_MAX} bytes for the core, got ${bytes}`);
    process.exitCode = 1;
  }
}

/** A file of dist and everything it imports. */
function loaded(file, files) {
  const path = `dist/${file}`;
  if (files.has(path)) return files;
  files.add(path);
  const text = readFileSync(folder + path, "utf8");
  for (const [, name] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) loaded(name, files);
  return files;
}
