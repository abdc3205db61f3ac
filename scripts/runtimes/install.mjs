/** Runtimes from the npm registry, each in a folder of its own that no `npm ci` of ours has to fill. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../prepare.mjs";

const CACHE = join(ROOT, "node_modules/.cache/sixpack-runtimes");

/** Installs packages (`name@version`) unless they are there, and returns their folder. */
export function install(...packages) {
  const folder = join(CACHE, packages.join("+").replaceAll("/", "-"));
  const stamp = join(folder, "installed");
  if (existsSync(stamp)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}\n');
  // Install scripts only pick the binary of this machine, which npm has chosen by then as an optional package.
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  execFileSync("npm", ["install", ...options, ...packages], { cwd: folder, stdio: ["ignore", 2, 2] });
  writeFileSync(stamp, "");
  return folder;
}

/** The program of a package, or of the package for this machine that it brought. */
export function program(wanted, { scope = "", path }) {
  const modules = join(install(wanted), "node_modules", scope);
  for (const name of readdirSync(modules)) {
    const found = join(modules, name, path);
    if (existsSync(found)) return found;
  }
  throw new Error(`Expected ${path} of ${wanted} for ${process.platform} ${process.arch}, got ${readdirSync(modules)}`);
}

export function nodeProgram(version) {
  const windows = process.platform === "win32";
  const name = `node-${windows ? "win" : process.platform}-${process.arch}`;
  return program(`${name}@${version}`, { path: windows ? "bin/node.exe" : "bin/node" });
}
