/**
 * Ways to lay out the client records of a life in Redis: bytes and processor time a client, and the longest that one script
 * of 256 new clients keeps everybody waiting. docs/decisions/0021-buckets-by-linear-hashing.md weighs them.
 *
 *     node --import tsx --import ./scripts/raw-text.mjs bench/src/buckets.ts 1000 100000 4000000
 */
import { createHash } from "node:crypto";
import { RedisConnection, script } from "../../server/src/store/redis/client.ts";
import records from "../../server/src/store/redis/lua/records.lua?raw";
import { RedisServer } from "../../server/test/support/redis-server.ts";

const CLIENTS_PER_SCRIPT = 256;
const RECORD = "abcd";
/** In seconds: a busy neighbour moves it less than the time that passes. */
const CPU = "used_cpu_user_main_thread";

/** Every layout says where a client lies and what follows when some came new. */
const LAYOUTS: Readonly<Record<string, string>> = {
  "linear hashing": `
    local n = bucket_count(KEYS[1])
    local low = power_below(n)
    local function place(client) return bucket_of(KEYS[1], n, low, client) end
    local function came(added) grow(KEYS[1], n, added) end`,
  "one hash": `
    local function place() return KEYS[1] .. ':0' end
    local function came() end`,
  "1,024 buckets": fixed(1_024),
  "65,536 buckets": fixed(65_536),
  "doubled at once": `
    local n = bucket_count(KEYS[1])
    local function place(client) return KEYS[1] .. ':' .. hash_of(client) % n end
    local function came(added)
      if redis.call('HINCRBY', KEYS[1], 'entries', added) <= 64 * n then return end
      for b = 0, n - 1 do
        local from, to = KEYS[1] .. ':' .. b, KEYS[1] .. ':' .. b + n
        local all = redis.call('HGETALL', from)
        for i = 1, #all, 2 do
          if hash_of(all[i]) % (2 * n) ~= b then
            redis.call('HSET', to, all[i], all[i + 1])
            redis.call('HDEL', from, all[i])
          end
        end
      end
      redis.call('HSET', KEYS[1], 'buckets', 2 * n)
    end`,
};

function fixed(buckets: number): string {
  return `
    local function place(client) return KEYS[1] .. ':' .. hash_of(client) % ${buckets} end
    local function came() end`;
}

const INSERT = `
  local added = 0
  for at = 1, #ARGV[1], 8 do
    local client = string.sub(ARGV[1], at, at + 7)
    added = added + redis.call('HSETNX', place(client), client, '${RECORD}')
  end
  came(added)
  return added`;

/** Keys as clients have them: 8 bytes of SHA-1 each. */
function keysOf(start: number, count: number): Buffer {
  const digests = Array.from({ length: count }, (_, index) =>
    createHash("sha1")
      .update(`client-${start + index}`)
      .digest()
      .subarray(0, 8),
  );
  return Buffer.concat(digests);
}

async function numberOf(server: RedisServer, part: string, field: string): Promise<number> {
  return Number(new RegExp(`${field}:([\\d.]+)`).exec(await server.command("INFO", part))?.[1]);
}

async function measure(name: string, layout: string, clients: number): Promise<void> {
  const server = await RedisServer.start();
  const connection = await RedisConnection.open({ socketPath: server.socketPath, commandTimeoutMs: 60_000 }, () => {});
  const insert = script(records, layout, INSERT);
  const memory = await numberOf(server, "memory", "used_memory");
  const startedSeconds = await numberOf(server, "cpu", CPU);
  let [seconds, longestSeconds] = [startedSeconds, 0];
  for (let start = 0; start < clients; start += CLIENTS_PER_SCRIPT) {
    const keys = keysOf(start, Math.min(CLIENTS_PER_SCRIPT, clients - start));
    await connection.run(insert, ["{life}:records"], keys);
    const now = await numberOf(server, "cpu", CPU);
    longestSeconds = Math.max(longestSeconds, now - seconds);
    seconds = now;
  }
  const bytes = (await numberOf(server, "memory", "used_memory")) - memory;
  process.stdout.write(
    `${name.padEnd(16)}${String(clients).padStart(10)}${(bytes / clients).toFixed(1).padStart(10)} bytes` +
      `${(((seconds - startedSeconds) * 1e6) / clients).toFixed(2).padStart(8)} µs${(longestSeconds * 1e3).toFixed(1).padStart(9)} ms the longest\n`,
  );
  await connection.close();
  await server.stop();
}

for (const clients of process.argv.slice(2).map(Number)) {
  for (const [name, layout] of Object.entries(LAYOUTS)) await measure(name, layout, clients);
}
