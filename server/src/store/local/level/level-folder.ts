/**
 * Reads the files of a LevelDB folder as they lie there, by their checksums, and changes nothing.
 *
 * LevelDB itself drops what it can't read of a log, reads tables without their checksums, deletes files that a lost
 * MANIFEST no longer names, and aborts the process where a key makes no sense. So a folder is looked at before it is opened.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LogFile, readLogFile } from "./log-file.ts";
import { type LiveTable, type Manifest, readManifest } from "./manifest.ts";
import { damagedBytesOf } from "./table-file.ts";

/** The file in which LevelDB finds the others. It is written anew with every opening, and at no other time. */
export const FIRST_FILE = "CURRENT";

const MANIFEST_FILE = /^MANIFEST-(\d+)$/;
const LOG_FILE = /^(\d+)\.log$/;
const TABLE_FILE = /^(\d+)\.(?:ldb|sst)$/;

interface LevelFolder {
  /** What is wrong, each with its file; a folder without any may be opened. */
  readonly damages: readonly string[];
  /** What a process that died was writing when it did; nobody was told that it is kept. */
  readonly torn: readonly string[];
}

/** Files of a database, by what they are. */
export interface LevelFiles {
  readonly hasFirst: boolean;
  readonly manifests: readonly string[];
  readonly logs: ReadonlyMap<number, string>;
  readonly tables: ReadonlyMap<number, string>;
}

/** None where the folder isn't there. @throws the system's error for one that can't be read */
export async function listLevel(location: string): Promise<LevelFiles> {
  const names: readonly string[] = await readdir(location).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const numbered = (pattern: RegExp) =>
    new Map(names.flatMap((name) => (pattern.test(name) ? [[Number.parseInt(name, 10), name] as const] : [])));
  return {
    hasFirst: names.includes(FIRST_FILE),
    manifests: names.filter((name) => MANIFEST_FILE.test(name)),
    logs: numbered(LOG_FILE),
    tables: numbered(TABLE_FILE),
  };
}

/** Whether there is anything of a database. One whose making was interrupted holds nothing yet, and may be made again. */
export async function isBegun(location: string, files: LevelFiles): Promise<boolean> {
  if (files.hasFirst || files.logs.size > 0 || files.tables.size > 0) return true;
  for (const name of files.manifests) {
    const { records } = readLogFile(await readFile(join(location, name)));
    // The first one is a single change, which names no tables.
    if (records.length > 1 || (records.length === 1 && manifestOf(records)?.tables.length !== 0)) return true;
  }
  return false;
}

/** Reads everything. @throws the system's error for a file that can't be read */
export async function inspectLevel(location: string): Promise<LevelFolder> {
  const files = await listLevel(location);
  const damages: string[] = [];
  const torn: string[] = [];
  const found = await currentManifest(location, files);
  if (typeof found === "string") return { damages: [found], torn };
  const { manifest } = found;
  for (const table of manifest.tables) {
    const damage = await tableDamage(location, table, files);
    if (damage !== undefined) damages.push(damage);
  }
  if (manifest.logNumber > 0 && !files.logs.has(manifest.logNumber)) {
    damages.push(`${fileName(manifest.logNumber, "log")} is missing`);
  }
  for (const [number, name] of files.logs) {
    if (number < manifest.logNumber) continue;
    const log = readLogFile(await readFile(join(location, name)));
    if (log.damagedBytes > 0) damages.push(`${log.damagedBytes} bytes in ${name} can't be read`);
    if (log.tornBytes > 0) torn.push(`the last ${log.tornBytes} bytes of ${name} can't be read`);
  }
  return { damages, torn };
}

/** The files that the database consists of; in words what is wrong where that can't be known. */
export async function currentManifest(
  location: string,
  files: LevelFiles,
): Promise<{ readonly manifest: Manifest } | string> {
  if (!files.hasFirst) {
    const left = files.tables.values().next().value ?? files.logs.values().next().value ?? files.manifests[0];
    return `${FIRST_FILE} is missing${left === undefined ? "" : ` beside ${left}`}`;
  }
  const first = await readFile(join(location, FIRST_FILE), "latin1");
  const name = first.endsWith("\n") ? first.slice(0, -1) : first;
  if (!first.endsWith("\n") || !MANIFEST_FILE.test(name)) return `${FIRST_FILE} names no MANIFEST`;
  if (!files.manifests.includes(name)) return `${name} is missing`;
  const log = readLogFile(await readFile(join(location, name)));
  if (isDamaged(log)) return `${name} can't be read`;
  const manifest = manifestOf(log.records);
  return manifest === undefined ? `${name} can't be read` : { manifest };
}

/** A record that was begun at the end was never in force. */
function isDamaged({ records, damagedBytes, tornBytes, isCutShort }: LogFile): boolean {
  return records.length === 0 || damagedBytes > 0 || (tornBytes > 0 && !isCutShort);
}

function manifestOf(records: readonly Buffer[]): Manifest | undefined {
  try {
    return readManifest(records);
  } catch {
    return undefined;
  }
}

async function tableDamage(location: string, { number, bytes }: LiveTable, files: LevelFiles) {
  const name = files.tables.get(number);
  if (name === undefined) return `${fileName(number, "ldb")} is missing`;
  const table = await readFile(join(location, name));
  if (table.length !== bytes) return `${name} has ${table.length} bytes instead of ${bytes}`;
  const damaged = damagedBytesOf(table);
  return damaged === 0 ? undefined : `${damaged} bytes in ${name} can't be read`;
}

function fileName(number: number, ending: string): string {
  return `${String(number).padStart(6, "0")}.${ending}`;
}
