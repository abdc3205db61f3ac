/** A tree in the memory of the process. */
import { MemoryLevel } from "memory-level";
import { type Database, ENCODING } from "./database.ts";

class MemoryDatabase extends MemoryLevel<Buffer, Buffer> {
  async compactRange(): Promise<void> {}

  async approximateSize(): Promise<number> {
    return 0;
  }

  getProperty(): string {
    return "";
  }
}

export async function openMemory(): Promise<Database> {
  const database = new MemoryDatabase({ ...ENCODING, storeEncoding: "buffer" });
  await database.open();
  return database;
}
