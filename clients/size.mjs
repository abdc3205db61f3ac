/**
 * `npm run size`: builds @sixpack/client and weighs what a page loads for each entry, minified and gzipped at level 9.
 * Fails above a limit, which the client's README promises. Whoever raises one says in the changelog what a page gets for it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** Bytes of an entry, with some room. What only some pages need is not in the core (`index`). */
const BYTES_MAX = { index: 2_816, batch: 1_024, link: 640, local: 2_560, queue: 1_920, react: 1_024, server: 3_072 };
const folder = fileURLToPath(new URL("./typescript/", import.meta.url));

execFileSync("npm", ["run", "--silent", "build"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
for (const [entry, bytesMax] of Object.entries(BYTES_MAX)) {
  const files = loaded(`${entry}.js`, new Set());
  const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(folder + file), { level: 9 }).length, 0);
  console.log(`${entry}.js: ${bytes} of ${bytesMax} bytes gzipped in ${files.size} file(s)`);
  if (bytes > bytesMax) {
    console.error(`Expected at most ${bytesMax} bytes for ${entry}.js, got ${bytes}`);
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
