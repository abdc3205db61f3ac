/**
 * A data folder whose files were damaged: bits flipped, cut, zeroed, removed, 200 times with a seed. Whatever it is, the
 * folder is refused, or it is said, or nothing is lost; and what was refused can be repaired. All of it in this process, so
 * an abort of LevelDB would end the run.
 */
import { cp, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import { seededRandom } from "../../../src/stats/random.ts";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import { repairFolder } from "../../../src/store/local/repair.ts";
import type { Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import { client } from "../fixtures.ts";

const CASES = 200;
const SEED = 20261128;
const CLIENTS = 120;
/** Cases at the same time: each waits for the disk most of its time. */
const AT_ONCE = 8;

let root: string;
let whole: string;
let content: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sixpack-damage-"));
  whole = join(root, "whole");
  // Every opening puts the log before it into a table: in the end there are tables and a log.
  for (const name of ["first", "second", "third"]) {
    const store = await LocalStore.open({ folder: whole, cacheSlots: 0 });
    const experiment = await make.created(store, make.draft({ name }));
    const clients = Array.from({ length: CLIENTS }, (_, number) => client(number));
    await Promise.all(
      clients.map((one, number) =>
        store.records.participate({ experiment, client: one, proposal: assigned(number % 2), day: make.DAY }),
      ),
    );
    await Promise.all(
      clients
        .slice(0, 50)
        .map((one) => store.records.convert({ experiment, client: one, kpi: 0, day: make.DAY, value: 1.5 })),
    );
    await store.activity.append({
      atMs: make.NOW_MS,
      experiment: experiment.name,
      actor: "a",
      action: "pause",
      before: null,
      after: null,
    });
    content = await contentOf(store);
    await store.close();
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Everything that was recorded, as text. */
async function contentOf(store: Store): Promise<string> {
  const experiments = await store.definitions.list();
  const parts = experiments.map(async (experiment) => ({
    experiment,
    tallies: (await store.tallies.read(experiment)).map((tally) => JSON.stringify(tally)).sort(),
    counted: (await store.tallies.recount(experiment)).map((tally) => JSON.stringify(tally)).sort(),
  }));
  return JSON.stringify([await Promise.all(parts), await store.activity.read({ limit: 10 })]);
}

type Damage = (path: string, random: () => number) => Promise<unknown>;

async function flip(path: string, random: () => number, times: number): Promise<void> {
  const bytes = await readFile(path);
  for (let time = 0; time < times && bytes.length > 0; time += 1) {
    const at = Math.floor(random() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  await writeFile(path, bytes);
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  "one bit": (path, random) => flip(path, random, 1),
  "twenty bits": (path, random) => flip(path, random, 20),
  cut: async (path, random) => truncate(path, Math.floor(random() * (await readFile(path)).length)),
  emptied: (path) => truncate(path, 0),
  "zeroes in it": async (path, random) => {
    const { length } = await readFile(path);
    const file = await open(path, "r+");
    const from = Math.floor(random() * length);
    await file.write(Buffer.alloc(Math.ceil(random() * (length - from))), 0, undefined, from);
    await file.close();
  },
  zeroed: async (path) => writeFile(path, Buffer.alloc((await readFile(path)).length)),
  removed: (path) => rm(path),
};

describe("a damaged data folder", () => {
  it(`is refused, or told, or whole all the same, in ${CASES} cases; and what is refused can be repaired`, async () => {
    const files = (await readdir(whole, { recursive: true, withFileTypes: true }))
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(whole.length + 1))
      .sort();
    for (const ending of [".ldb", ".log"]) expect(files.filter((file) => file.endsWith(ending))).not.toEqual([]);
    const outcomes = { refused: 0, told: 0, whole: 0 };
    let repairedWhole = 0;
    const tried = async (number: number): Promise<void> => {
      const file = files[number % files.length] ?? "";
      const kinds = Object.keys(DAMAGES);
      const kind = kinds[Math.floor(number / files.length) % kinds.length] ?? "";
      const what = `case ${number}: ${file}, ${kind}`;
      const folder = join(root, `case-${number}`);
      await cp(whole, folder, { recursive: true });
      await DAMAGES[kind]?.(join(folder, file), seededRandom(SEED, number));
      const outcome = await opened(folder, what);
      outcomes[outcome] += 1;
      if (outcome === "refused" && (await isRepairedWhole(folder, what))) repairedWhole += 1;
      await rm(folder, { recursive: true });
    };
    for (let first = 0; first < CASES; first += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, CASES - first) }, (_, index) => tried(first + index)));
    }
    // Four of eight files hold data, CURRENT among them, without which everything can be read all the same.
    expect(outcomes.refused).toBeGreaterThan(CASES / 3);
    expect(repairedWhole).toBeGreaterThan(CASES / 10);
    expect(outcomes.whole).toBeGreaterThan(0);
  });
});

it("a list of files that was cut anywhere is damage, also where its checksums are right", async () => {
  const name = (await readdir(join(whole, "level"))).find((file) => file.startsWith("MANIFEST")) ?? "";
  const { length } = await readFile(join(whole, "level", name));
  const outcomes: string[] = [];
  for (let bytes = 0; bytes < length; bytes += 5) {
    const folder = join(root, `cut-${bytes}`);
    await cp(whole, folder, { recursive: true });
    await truncate(join(folder, "level", name), bytes);
    outcomes.push(await opened(folder, `${bytes} bytes of ${name}`));
  }
  // Last in the list may be that a table, as it is, has another level now. Without that entry nothing is missing, which
  // `opened` looks at; without any before it something is.
  const whereWhole = outcomes.indexOf("whole");
  const [cut, rest] = whereWhole === -1 ? [outcomes, []] : [outcomes.slice(0, whereWhole), outcomes.slice(whereWhole)];
  expect(cut.length).toBeGreaterThan(0);
  expect(new Set(cut)).toEqual(new Set(["refused"]));
  expect(rest.filter((outcome) => outcome !== "whole")).toEqual([]);
});

async function opened(folder: string, what: string): Promise<"refused" | "told" | "whole"> {
  const told: string[] = [];
  let store: LocalStore;
  try {
    store = await LocalStore.open({ folder, cacheSlots: 0, onTrouble: ({ message }) => told.push(message) });
  } catch (error) {
    expect(error, what).toMatchObject({ code: "store-unavailable", detail: expect.stringContaining("damage: ") });
    return "refused";
  }
  try {
    const found = await contentOf(store);
    if (told.length === 0) expect(found, what).toBe(content);
    return told.length === 0 ? "whole" : "told";
  } finally {
    await store.close();
  }
}

/** Held to what its report says. */
async function isRepairedWhole(folder: string, what: string): Promise<boolean> {
  const report = await repairFolder(folder, make.NOW_MS);
  expect(report.kept, what).toBeDefined();
  const store = await LocalStore.open({ folder, cacheSlots: 0, mayMake: false });
  for (const experiment of await store.definitions.list()) {
    const [tallies, counted] = [await store.tallies.read(experiment), await store.tallies.recount(experiment)];
    expect(tallyDifferences(tallies, counted), what).toEqual([]);
  }
  const isWhole = (await contentOf(store)) === content;
  if (!isWhole) expect(report.lost.length, what).toBeGreaterThan(0);
  await store.close();
  return isWhole;
}
