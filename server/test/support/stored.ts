/** What a server has left behind in a folder. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { blocksOf, damagedBytesOf } from "../../src/store/local/level/table-file.ts";

/**
 * Every byte of the files of a folder, one file after the other. Tables stand there twice: as they lie on the disk, and
 * unpacked, because Snappy writes a text in pieces where some of it stands further up.
 */
export async function storedIn(folder: string): Promise<Buffer> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  const contents = files.map(async ({ parentPath, name }) => {
    const bytes = await readFile(join(parentPath, name));
    return name.endsWith(".ldb") ? Buffer.concat([bytes, ...unpacked(name, bytes)]) : bytes;
  });
  return Buffer.concat(await Promise.all(contents));
}

function unpacked(name: string, table: Buffer): readonly Buffer[] {
  const damaged = damagedBytesOf(table);
  if (damaged > 0) throw new Error(`Expected ${name} to be whole, got ${damaged} bytes that can't be read`);
  return blocksOf(table).flatMap(({ until, entries = [] }) => [
    until,
    ...entries.flatMap(({ key, value }) => (value === null ? [key] : [key, value])),
  ]);
}
