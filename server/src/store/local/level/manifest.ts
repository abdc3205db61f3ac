/** The MANIFEST: changes, one a record, which add up to the files that a database consists of. */
import { ByteReader } from "./varint.ts";

export interface LiveTable {
  readonly number: number;
  readonly bytes: number;
}

export interface Manifest {
  readonly tables: readonly LiveTable[];
  /** The oldest log that is not in tables yet; 0 before the first. */
  readonly logNumber: number;
}

/** What is in front of each part of a change (`db/version_edit.cc`). */
const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE_NUMBER = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG_NUMBER = 9;

/** Without one of these LevelDB opens nothing: a list that was cut between two changes may lack them. */
const NEEDED = [LOG_NUMBER, NEXT_FILE_NUMBER, LAST_SEQUENCE];

/** @throws RangeError for what is none, or lacks something, though its checksum is right */
export function readManifest(records: readonly Buffer[]): Manifest {
  const tables = new Map<number, LiveTable>();
  const seen = new Set<number>();
  let logNumber = 0;
  for (const record of records) {
    const reader = new ByteReader(record);
    while (!reader.isAtEnd) {
      const tag = reader.varint();
      seen.add(tag);
      switch (tag) {
        case COMPARATOR:
          reader.piece();
          break;
        case LOG_NUMBER:
          logNumber = reader.varint();
          break;
        case NEXT_FILE_NUMBER:
        case LAST_SEQUENCE:
        case PREVIOUS_LOG_NUMBER:
          reader.varint();
          break;
        case COMPACT_POINTER:
          reader.varint();
          reader.piece();
          break;
        case DELETED_FILE:
          reader.varint();
          tables.delete(reader.varint());
          break;
        case NEW_FILE: {
          reader.varint();
          const table = { number: reader.varint(), bytes: reader.varint() };
          reader.piece();
          reader.piece();
          tables.set(table.number, table);
          break;
        }
        default:
          throw new RangeError(`Expected a change of a MANIFEST, got the tag ${tag}`);
      }
    }
  }
  const missing = NEEDED.filter((tag) => !seen.has(tag));
  if (missing.length > 0) throw new RangeError(`Expected a whole MANIFEST, got one without the tags ${missing}`);
  return { tables: [...tables.values()], logNumber };
}
