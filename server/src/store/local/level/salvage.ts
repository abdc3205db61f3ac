/**
 * Everything in a LevelDB folder that can be read by its checksums, whether or not LevelDB could open it.
 *
 * LevelDB's own repair reads without checksums and writes over what it reads; so a repair of ours reads here, and writes
 * elsewhere.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { currentManifest, type LevelFiles, listLevel } from "./level-folder.ts";
import { readLogFile } from "./log-file.ts";
import { blocksOf } from "./table-file.ts";
import { entriesOfBatch, type LevelEntry } from "./write-batch.ts";

interface Salvaged {
  /** In no order, and of one key every entry that is there: the one with the highest sequence counts. */
  readonly entries: readonly LevelEntry[];
  /** What of the file is lost, in words. */
  readonly lost: readonly string[];
}

/** File by file. Without a MANIFEST every table counts: the sequences tell which of two entries is the newer one. */
export async function* salvage(location: string): AsyncIterable<Salvaged> {
  const files = await listLevel(location);
  const found = await currentManifest(location, files);
  if (typeof found === "string") yield { entries: [], lost: [found] };
  const manifest = typeof found === "string" ? undefined : found.manifest;
  const tables = manifest?.tables ?? [...files.tables.keys()].map((number) => ({ number, bytes: undefined }));
  for (const { number, bytes } of tables) yield await fromTable(location, number, bytes, files);
  for (const [number, name] of files.logs) {
    if (number >= (manifest?.logNumber ?? 0)) yield await fromLog(location, name);
  }
  const missing = manifest?.logNumber ?? 0;
  if (missing > 0 && !files.logs.has(missing)) yield { entries: [], lost: [`log ${missing} is missing`] };
}

/** @param bytes how long it was when it was whole */
async function fromTable(
  location: string,
  number: number,
  bytes: number | undefined,
  files: LevelFiles,
): Promise<Salvaged> {
  const name = files.tables.get(number);
  if (name === undefined) return { entries: [], lost: [`table ${number} is missing`] };
  const table = (await readFile(join(location, name))).subarray(0, bytes);
  const blocks = blocksOf(table);
  if (blocks.length === 0) return { entries: [], lost: [`${name} can't be read (${table.length} bytes)`] };
  const lost = blocks.filter(({ entries }) => entries === undefined);
  const lostBytes = lost.reduce((sum, block) => sum + block.bytes, 0);
  return {
    entries: blocks.flatMap(({ entries = [] }) => entries),
    lost:
      lost.length === 0
        ? []
        : [`${lost.length} of ${blocks.length} blocks of ${name} can't be read (${lostBytes} bytes)`],
  };
}

async function fromLog(location: string, name: string): Promise<Salvaged> {
  const { records, damagedBytes, tornBytes } = readLogFile(await readFile(join(location, name)));
  const entries: LevelEntry[] = [];
  const lost = damagedBytes + tornBytes === 0 ? [] : [`${damagedBytes + tornBytes} bytes of ${name} can't be read`];
  for (const record of records) {
    try {
      // One by one: a call takes no more arguments than some 100,000, and an imported batch may be larger.
      for (const entry of entriesOfBatch(record)) entries.push(entry);
    } catch {
      lost.push(`a batch of ${record.length} bytes in ${name} makes no sense`);
    }
  }
  return { entries, lost };
}
