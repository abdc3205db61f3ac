import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { VERSION } from "../../src/config/version.ts";
import { run, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Packing and installing talk to npm, which may have to fetch what is not in its cache. */
const INSTALL_MAX_MS = 600_000;

const execute = promisify(execFile);

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  // As images and hosts set it, which must not keep out what builds.
  const env = { ...process.env, NODE_ENV: "production" };
  const { stdout } = await execute("npm", ["--no-audit", "--no-fund", "--prefer-offline", ...args], { cwd, env });
  return stdout;
}

/** What a clone of the repository holds: nothing installed, nothing built. */
async function freshClone(): Promise<string> {
  const clone = join(await temporaryFolder(), "clone");
  const left = new Set(["node_modules", "dist", ".git", "LICENSE"]);
  const isCloned = (path: string) => path === join(ROOT, "LICENSE") || !left.has(basename(path));
  await cp(ROOT, clone, { recursive: true, filter: isCloned });
  return clone;
}

it(
  "npm pack works in a fresh clone, for each package",
  async () => {
    const clone = await freshClone();
    // The first installs for all three, and builds what it needs of the second.
    for (const workspace of ["clients/openfeature", "clients/typescript", "server"]) {
      const packed = JSON.parse(await npm(clone, "pack", "--workspace", workspace, "--json"));
      const [tarball] = Object.values<{ files: readonly { path: string }[] }>(packed);
      const files = tarball?.files.map(({ path }) => path) ?? [];
      expect(files, workspace).toEqual(expect.arrayContaining(["LICENSE", "README.md"]));
      expect(
        files.filter((path) => /^dist\/\w+\.js$/.test(path)),
        workspace,
      ).not.toEqual([]);
    }
  },
  INSTALL_MAX_MS,
);

it(
  "the tarball of npm pack, installed into an empty folder, gives working commands with pages and assets",
  async () => {
    const folder = await temporaryFolder();
    const packed = JSON.parse(await npm(ROOT, "pack", "--workspace", "server", "--json", "--pack-destination", folder));
    // npm has answered with a list and with a record of packages by name.
    const [tarball] = Object.values<{ filename: string; files: readonly { path: string }[] }>(packed);
    const files = tarball?.files.map(({ path }) => path) ?? [];
    expect(files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "bin/sixpack.js",
        "dist/THIRD-PARTY-NOTICES.txt",
        "dist/client/THIRD-PARTY-NOTICES.txt",
        "dist/main.js",
      ]),
    );
    expect(files.filter((path) => /^(?:src|test)\//.test(path))).toEqual([]);
    expect(existsSync(join(ROOT, "server/LICENSE")), "what was lent is taken back").toBe(false);

    await npm(folder, "install", "--engine-strict", "--no-package-lock", join(folder, tarball?.filename ?? ""));
    const bins = join(folder, "node_modules/@sixpack/server/bin");
    expect(await readdir(join(folder, "node_modules/.bin"))).toEqual(
      expect.arrayContaining(["sixpack", "sixpack-web"]),
    );
    expect((await run({ script: join(bins, "sixpack.js"), args: ["--version"] })).stdout).toBe(`${VERSION}\n`);

    const api = start({ script: join(bins, "sixpack.js"), args: ["--port", "0"], cwd: folder });
    const [, pasted = ""] = await api.printed(/^ {2}curl "(.*)"$/m);
    expect(await (await fetch(pasted)).json()).toMatchObject({ status: "ok" });
    await api.stop();

    const web = start({ script: join(bins, "sixpack-web.js"), args: ["--port", "0"], cwd: folder });
    const [, dashboard = ""] = await web.printed(/Dashboard +(\S+)/);
    const page = await (await fetch(dashboard)).text();
    expect(page).toContain("button-color");
    const assets = [...page.matchAll(/<(?:link|script|img)[^>]+(?:href|src)="(\/[^"]+)"/g)].map(([, path]) => path);
    for (const path of assets) expect((await fetch(dashboard + path)).status, path).toBe(200);
    await web.stop();
  },
  INSTALL_MAX_MS,
);
