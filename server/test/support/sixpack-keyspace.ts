/** Fills a real Redis with what Sixpack 2.7 left in it: conformance/sixpack-2.7/redis-keyspace.json. */
import { readFileSync } from "node:fs";
import { createClient } from "@redis/client";

interface Value {
  /** Hexadecimal. */
  readonly string?: string;
  readonly set?: readonly string[];
  readonly list?: readonly string[];
  readonly hash?: Readonly<Record<string, string>>;
  readonly zset?: readonly (readonly [string, number])[];
}

export type Keyspace = Readonly<Record<string, Value>>;

const FILE = new URL("../../../conformance/sixpack-2.7/redis-keyspace.json", import.meta.url);

export function recordedKeyspace(): Keyspace {
  return JSON.parse(readFileSync(FILE, "utf8"));
}

export async function fill(socketPath: string, keyspace: Keyspace): Promise<void> {
  const client = createClient({ socket: { path: socketPath, tls: false } });
  await client.connect();
  try {
    await Promise.all(Object.entries(keyspace).map(([key, value]) => client.sendCommand(commandFor(key, value))));
  } finally {
    client.destroy();
  }
}

function commandFor(key: string, { string, set, list, hash, zset }: Value): (string | Buffer)[] {
  if (string !== undefined) return ["SET", key, Buffer.from(string, "hex")];
  if (set !== undefined) return ["SADD", key, ...set];
  if (list !== undefined) return ["RPUSH", key, ...list];
  if (hash !== undefined) return ["HSET", key, ...Object.entries(hash).flat()];
  return ["ZADD", key, ...(zset ?? []).flatMap(([member, score]) => [String(score), member])];
}
