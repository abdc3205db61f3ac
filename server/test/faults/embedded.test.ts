/** A full disk, a torn log and a clock that goes back, under the traffic of a real server on the embedded engine. */
import { execFileSync } from "node:child_process";
import { appendFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { atTheEnd, stopping, temporaryFolder } from "../support/one-test.ts";
import { type Sixpack, startSixpack } from "../support/sixpack.ts";
import { MANY_CALLS, type Report, startLoad } from "./load.ts";
import { expectSound } from "./sound.ts";

const MIB = 2 ** 20;

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

async function serve(more: Readonly<Record<string, string>> = {}): Promise<Sixpack> {
  const sixpack = stopping(
    await startSixpack({
      SIXPACK_CONFIG_STORAGE: "embedded",
      SIXPACK_CONFIG_DATA_DIR: join(folder, "data"),
      ...more,
    }),
  );
  return sixpack;
}

async function expectKept(report: Report): Promise<void> {
  const store = await LocalStore.open({ folder: join(folder, "data"), cacheSlots: 1 << 12 });
  try {
    await expectSound(store, report, { nothingLost: true });
  } finally {
    await store.close();
  }
}

describe("a disk under load", () => {
  it("is full, and has room again without a restart", async () => {
    // Only root may mount: where tests run as somebody else this fails and says so.
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", folder]);
    atTheEnd(async () => execFileSync("umount", ["-l", folder]));
    const sixpack = await serve();
    const load = startLoad(sixpack.url);
    await load.running();
    const ballast = join(folder, "ballast");
    // As much as fits.
    await writeFile(ballast, Buffer.alloc(64 * MIB)).catch(() => {});
    await load.refused(MANY_CALLS);
    expect((await fetch(`${sixpack.url}/readyz`)).status).toBe(503);
    await rm(ballast);
    await load.recovered();
    const report = await load.stop();
    expect((await fetch(`${sixpack.url}/readyz`)).status).toBe(200);
    await sixpack.stop();
    await expectKept(report);
  });
});

describe("a log that was torn by a crash", () => {
  it("loses the batch that was torn and nothing before it", async () => {
    const sixpack = await serve();
    const load = startLoad(sixpack.url);
    await load.running();
    const report = await load.stop();
    await sixpack.kill();
    const level = join(folder, "data", "level");
    const [log = ""] = (await readdir(level))
      .filter((name) => name.endsWith(".log"))
      .sort()
      .slice(-1);
    // As a crash leaves a batch that nobody was told of: LevelDB's checksum, a length of 256, a type, and 5 bytes of the 256.
    await appendFile(join(level, log), Buffer.from([0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5]));
    await expectKept(report);
    const again = await serve();
    const after = startLoad(again.url);
    await after.running();
    await after.stop();
  });
});

describe("a clock under load", () => {
  it("is set back by two days, and nobody changes alternative or counts twice", async () => {
    const shim = pathToFileURL(fileURLToPath(new URL("./clock-shim.mjs", import.meta.url))).href;
    const sixpack = await serve({ NODE_OPTIONS: `--import=${shim}` });
    const load = startLoad(sixpack.url);
    await load.running();
    sixpack.process.kill("SIGUSR2");
    await load.recovered();
    const report = await load.stop();
    expect([...report.refusals]).toEqual([]);
    await sixpack.stop();
    await expectKept(report);
  });
});
