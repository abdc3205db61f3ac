/** The packed client beside a version of React: whether npm takes the two, and what they render together. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../prepare.mjs";
import { startServer } from "./server.mjs";

export async function* rendering(version) {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-react-"));
  const server = await startServer();
  const npm = (cwd, ...args) =>
    execFileSync("npm", ["--ignore-scripts", "--no-audit", "--no-fund", ...args], {
      cwd,
      stdio: ["ignore", "pipe", 2],
    });
  const render = (what) =>
    execFileSync(process.execPath, [join(folder, "page.mjs"), server.api, what], { cwd: folder, encoding: "utf8" });
  try {
    yield [
      "is installed by npm beside it",
      () => {
        const [packed] = JSON.parse(
          npm(join(ROOT, "clients/typescript"), "pack", "--json", "--pack-destination", folder),
        );
        npm(folder, "install", "--prefer-offline", `react@${version}`, `react-dom@${version}`, `./${packed.filename}`);
        cpSync(fileURLToPath(new URL("page.mjs", import.meta.url)), join(folder, "page.mjs"));
      },
    ];
    yield ["waits for the server's answer", () => assert.match(render("asked"), /<b>(red|blue)<\/b>/)];
    yield [
      "shows what is known without a request",
      () => {
        assert.match(render("known"), /<b>blue<\/b>/);
      },
    ];
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
