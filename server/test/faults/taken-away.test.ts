/**
 * The data folder of a running server is deleted, moved, replaced, or becomes read-only: nothing is answered that is not
 * kept, the log says it once, and the server goes on only with the store that it had.
 */
import { execFileSync } from "node:child_process";
import { access, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { atTheEnd, closing, stopping, temporaryFolder } from "../support/one-test.ts";
import { type Sixpack, startSixpack } from "../support/sixpack.ts";
import { startLoad } from "./load.ts";
import { expectSound } from "./sound.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

async function serve(data = join(folder, "data")): Promise<Sixpack> {
  const sixpack = stopping(await startSixpack({ SIXPACK_CONFIG_STORAGE: "embedded", SIXPACK_CONFIG_DATA_DIR: data }));
  return sixpack;
}

async function status({ url }: Sixpack, path = "/readyz"): Promise<number> {
  return (await fetch(`${url}${path}`)).status;
}

function participate(client: string): string {
  return `/participate?experiment=fault&alternatives=red&alternatives=green&alternatives=blue&client_id=${client}`;
}

/** Why writes failed, each time that the log says so, and how often it says that they succeed again. */
function told(sixpack: Sixpack): { readonly lost: readonly string[]; readonly regained: number } {
  const lines = sixpack.log().split("\n").filter(Boolean);
  const parsed = lines.map((line): { msg: string; error?: string } => JSON.parse(line));
  return {
    lost: parsed.filter(({ msg }) => msg === "the store takes no writes").map(({ error = "" }) => error),
    regained: parsed.filter(({ msg }) => msg === "the store takes writes again").length,
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Each takes the store away from where the server has it. */
const TAKEN: Readonly<Record<string, (data: string) => Promise<unknown>>> = {
  "data folder deleted": (data) => rm(data, { recursive: true }),
  "database in it deleted": (data) => rm(join(data, "level"), { recursive: true }),
  "data folder moved away": (data) => rename(data, `${data}.away`),
  "data folder moved away and made anew, empty": async (data) => {
    await rename(data, `${data}.away`);
    await mkdir(join(data, "level"), { recursive: true });
  },
  "log deleted": async (data) => {
    const level = join(data, "level");
    const logs = (await readdir(level)).filter((file) => file.endsWith(".log"));
    for (const log of logs) await rm(join(level, log));
  },
  "data folder replaced by a copy": async (data) => {
    await cp(data, `${data}.copy`, { recursive: true, preserveTimestamps: true });
    await rm(data, { recursive: true });
    await rename(`${data}.copy`, data);
  },
  "data folder covered by another file system": async (data) => {
    // Only root may mount: where tests run as somebody else this fails and says so.
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", data]);
    atTheEnd(async () => execFileSync("umount", ["-l", data]));
  },
};

/** In one step for the server, which might else see it half done and name a further reason. */
async function inOneStep({ process: { pid }, process }: Sixpack, take: () => Promise<unknown>): Promise<void> {
  const isStill = async () => {
    const threads = await readdir(`/proc/${pid}/task`);
    const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, "utf8")));
    return states.every((state) => / T \d/.test(state));
  };
  process.kill("SIGSTOP");
  await expect.poll(isStill).toBe(true);
  await take();
  process.kill("SIGCONT");
}

describe.each(Object.entries(TAKEN))("a server with its %s", (_, takeFrom) => {
  it("refuses what it can't keep and is not ready, says so once, and makes nothing in its place", async () => {
    const data = join(folder, "data");
    const sixpack = await serve(data);
    expect(await status(sixpack, participate("known"))).toBe(200);
    expect(await status(sixpack)).toBe(200);
    await inOneStep(sixpack, () => takeFrom(data));
    // The first call after it, not the first after somebody has noticed.
    expect(await status(sixpack, participate("new"))).toBe(503);
    expect(await status(sixpack)).toBe(503);
    expect(await status(sixpack, "/convert?experiment=fault&client_id=known")).toBe(503);
    expect(await status(sixpack, participate("known"))).toBe(200);
    expect(await status(sixpack, "/healthz")).toBe(200);
    await expect.poll(() => told(sixpack).lost).toHaveLength(1);
    expect(told(sixpack).lost[0]).toContain(`Expected the store that was opened in the data folder ${data}, got: `);
    expect(told(sixpack).lost[0]).toContain("Put it back, or restart the server");
    const holdsCopy = await isThere(join(data, "level", "CURRENT"));
    if (!holdsCopy) expect(await isThere(join(data, "level", "LOCK"))).toBe(false);
    expect(sixpack.log()).not.toContain("    at ");
    await sixpack.stop();
    expect(sixpack.process.exitCode).toBe(0);
  });

  it("notices it without any call", async () => {
    const data = join(folder, "data");
    const sixpack = await serve(data);
    await inOneStep(sixpack, () => takeFrom(data));
    await expect.poll(() => told(sixpack).lost.length).toBe(1);
    expect(told(sixpack).regained).toBe(0);
  });
});

describe("a data folder moved away under load", () => {
  it("is taken up again where it was put back, and holds everything that was answered", async () => {
    const data = join(folder, "data");
    const sixpack = await serve(data);
    const load = startLoad(sixpack.url);
    await load.running();
    for (let round = 1; round <= 2; round += 1) {
      await rename(data, `${data}.away`);
      await load.refused();
      await expect.poll(() => status(sixpack)).toBe(503);
      await rename(`${data}.away`, data);
      await load.recovered();
      await expect.poll(() => told(sixpack)).toMatchObject({ lost: { length: round }, regained: round });
      expect(await status(sixpack)).toBe(200);
    }
    const report = await load.stop();
    await sixpack.stop();
    const store = closing(await LocalStore.open({ folder: data, cacheSlots: 1 << 12 }));
    await expectSound(store, report, { nothingLost: true });
  });

  it("is not mixed up with another store in its place, which a restart takes", async () => {
    const [data, other] = [join(folder, "data"), join(folder, "other")];
    const elsewhere = await serve(other);
    expect(await status(elsewhere, participate("theirs"))).toBe(200);
    await elsewhere.stop();
    const sixpack = await serve(data);
    expect(await status(sixpack, participate("ours"))).toBe(200);
    await rename(data, `${data}.away`);
    await expect.poll(() => told(sixpack).lost.length).toBe(1);
    await rename(other, data);
    await expect.poll(() => told(sixpack).lost.join()).toContain("another store");
    const before = await readFile(join(data, "level", "CURRENT"), "utf8");
    expect(await status(sixpack, participate("new"))).toBe(503);
    expect(await status(sixpack)).toBe(503);
    expect(await readFile(join(data, "level", "CURRENT"), "utf8")).toBe(before);
    expect(told(sixpack)).toMatchObject({ lost: { length: 2 }, regained: 0 });
    await sixpack.stop();
    const again = await serve(data);
    const { total_participants } = await (await fetch(`${again.url}/experiments/fault`)).json();
    expect(total_participants).toBe(1);
    expect(await status(again, participate("new"))).toBe(200);
  });
});

describe("a file system that becomes read-only", () => {
  it("makes the server unready and refuses what it can't keep; all that was answered is there after a restart", async () => {
    const [image, data] = [join(folder, "image"), join(folder, "data")];
    await mkdir(data);
    await writeFile(image, "");
    execFileSync("truncate", ["-s", "64M", image]);
    execFileSync("mkfs.ext4", ["-q", image]);
    const mount = (...more: readonly string[]) => execFileSync("mount", ["-o", ["loop", ...more].join(), image, data]);
    const unmount = () => execFileSync("umount", [data]);
    mount();
    let isMounted = true;
    atTheEnd(async () => isMounted && unmount());
    const sixpack = await serve(data);
    const load = startLoad(sixpack.url);
    await load.running();
    // What ext4 does by itself after an error of the disk.
    execFileSync("mount", ["-o", "remount,abort", data], { stdio: "ignore" });
    await load.refused();
    await expect.poll(() => status(sixpack)).toBe(503);
    expect(await status(sixpack, participate("new"))).toBe(503);
    const report = await load.stop();
    expect([...report.refusals.keys()]).toEqual([503]);
    expect(told(sixpack)).toMatchObject({ lost: { length: 1 }, regained: 0 });
    await sixpack.stop();
    unmount();
    isMounted = false;
    mount();
    isMounted = true;
    const store = closing(await LocalStore.open({ folder: data, cacheSlots: 1 << 12 }));
    await expectSound(store, report, { nothingLost: true });
  });
});
