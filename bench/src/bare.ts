/**
 * The ceiling: a bare node:http server that answers a constant of the same size as a participation. With `durable` as second
 * argument each answer about a new client or a conversion waits until a record as long as a participant's is on disk. All
 * that came while one write was on its way share the next: the ceiling of a server that loses nothing it has acknowledged.
 *
 *     node --import tsx bench/src/bare.ts 8123 durable
 */
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const LENGTH = 110;
const RECORD_BYTES = 16;
const body = "=bare".padStart(LENGTH, "x");
const headers = ["Content-Type", "application/json", "Content-Length", String(LENGTH)];

const [port, kind] = process.argv.slice(2);
const respond = kind === "durable" ? await durably() : answer;
const server = createServer({ keepAliveTimeout: 72_000 }, ({ url = "" }, response) =>
  isStored(url) ? respond(response) : answer(response),
);
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));

function answer(response: ServerResponse): void {
  response.writeHead(200, headers);
  response.end(body);
}

/** Of the calls of `steady-load.ts`; all others are taken for new clients. */
function isStored(url: string): boolean {
  return url.startsWith("/convert") || !url.includes("client_id=known-");
}

async function durably(): Promise<(response: ServerResponse) => void> {
  const folder = await mkdtemp(join(tmpdir(), "sixpack-bare-"));
  const file = await open(join(folder, "records"), "a");
  process.once("SIGTERM", () => void rm(folder, { recursive: true }).then(() => process.exit()));
  let waiting: ServerResponse[] = [];
  let isWriting = false;
  return (response) => {
    waiting.push(response);
    if (isWriting) return;
    isWriting = true;
    setImmediate(() => void writeAll(file));
  };

  async function writeAll(records: FileHandle): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await records.write(Buffer.alloc(batch.length * RECORD_BYTES));
      await records.datasync();
      for (const each of batch) answer(each);
    }
    isWriting = false;
  }
}
