/** The sorted keys and values under the local engine, wherever they are kept. */
import type { AbstractLevel } from "abstract-level";

export type Database = AbstractLevel<Buffer | Uint8Array | string, Buffer, Buffer> & Files;

/** Does something only for a database on disk. */
interface Files {
  /** Compacts a range of keys, so that deleted values leave the files. */
  compactRange(start: Buffer, end: Buffer): Promise<void>;
  /** Bytes of the files that hold a range. */
  approximateSize(start: Buffer, end: Buffer): Promise<number>;
  /** Statistics of LevelDB; empty for another database. */
  getProperty(property: string): string;
}

/** Both, so that keys are bytes and compare as such. */
export const ENCODING = { keyEncoding: "buffer", valueEncoding: "buffer" } as const;

/** For walks over a life: the cache of blocks is kept for what requests ask for. */
export const WALK = { fillCache: false };

/** On disk when the promise resolves. */
export const DURABLE = { sync: true };
