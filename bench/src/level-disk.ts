/**
 * Bytes on disk per client of the embedded engine, and how long it takes to open.
 *
 *     node --import tsx bench/src/level-disk.ts 1000000
 *
 * With `--ids`, their ids are kept, UUIDs of 36 characters. With `--dimensions N`, each has a value in N of them.
 */
import { hash, randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { assigned } from "../../server/src/domain/assignment.ts";
import type { ClientKey } from "../../server/src/domain/digest.ts";
import { type AlternativeName, type ExperimentName, parseClientId } from "../../server/src/domain/names.ts";
import { dayOf } from "../../server/src/domain/period.ts";
import { LocalStore } from "../../server/src/store/local/local-store.ts";

/** Participations under way at once: as a busy server would flush them. */
const IN_FLIGHT = 256;
const DRAFT = {
  name: "button" as ExperimentName,
  alternatives: ["red", "green"] as AlternativeName[],
  createdAtMs: 0,
};

const { values, positionals } = parseArgs({
  options: { ids: { type: "boolean", default: false }, dimensions: { type: "string", default: "0" } },
  allowPositionals: true,
});

for (const clients of positionals.map(Number)) {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-disk-"));
  try {
    const filledS = await fill(folder, clients);
    const started = performance.now();
    const store = await LocalStore.open({ folder, cacheSlots: 1 << 20 });
    const openMs = performance.now() - started;
    await store.close();
    const perClient = bytesIn(folder) / clients;
    process.stdout.write(
      `${clients} clients: ${perClient.toFixed(1)} bytes a client on disk, opened in ${openMs.toFixed(0)} ms, filled in ${filledS.toFixed(1)} s\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Values as spread as those of a dimension with eight of them. */
function segmentsOf(client: number, dimensions: number): readonly number[] | undefined {
  if (dimensions === 0) return undefined;
  return Array.from({ length: dimensions }, (_, at) => 1 + (Math.imul(client + at, 0x9e3779b1) >>> 29));
}

async function fill(folder: string, clients: number): Promise<number> {
  const started = performance.now();
  const store = await LocalStore.open({ folder, cacheSlots: 1 << 20 });
  const { experiment } = await store.definitions.create(DRAFT);
  const day = dayOf(Date.now());
  const dimensions = Number(values.dimensions);
  let next = 0;
  const caller = async () => {
    while (next < clients) {
      next += 1;
      const client = hash("sha1", `button.client-${next}`, "binary").slice(4, 12) as ClientKey;
      const id = values.ids ? parseClientId(randomUUID()) : undefined;
      const segments = segmentsOf(next, dimensions);
      await store.records.participate({ experiment, client, proposal: assigned(next % 2), day, segments, id });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  await store.close();
  return (performance.now() - started) / 1000;
}

function bytesIn(folder: string): number {
  return readdirSync(join(folder, "level")).reduce((sum, file) => sum + statSync(join(folder, "level", file)).size, 0);
}
