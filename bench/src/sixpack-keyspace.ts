/**
 * Fills an empty Redis with what Sixpack 2.7 would have left of one experiment with many clients, to measure imports:
 * two alternatives, 90 days, one in ten excluded, one in ten converted by the default KPI and by each of two others.
 *
 *     node --import tsx bench/src/sixpack-keyspace.ts redis://127.0.0.1:6390/0 1000000
 */
import { createClient } from "@redis/client";

const DAYS = 90;
const FIRST_DAY_MS = Date.UTC(2024, 0, 1);
const ALTERNATIVES = ["control", "bold"] as const;
const KPIS = [null, "signup", "sales"] as const;
const MEMBERS_PER_COMMAND = 2_000;
const NAME = "big";

const [url = "", count = ""] = process.argv.slice(2);
const clients = Number(count);
if (!URL.canParse(url) || !Number.isInteger(clients)) throw new Error("Expected redis://… and a number of clients");

const bitmaps = new Map<string, Buffer>();
const days = Array.from({ length: DAYS }, (_, day) =>
  new Date(FIRST_DAY_MS + day * 86_400_000).toISOString().slice(0, 10),
);

function set(key: string, number: number): void {
  const bitmap = bitmaps.get(key) ?? Buffer.alloc(Math.ceil(clients / 8));
  bitmaps.set(key, bitmap);
  bitmap[number >> 3] = (bitmap[number >> 3] ?? 0) | (128 >> (number & 7));
}

function mark(kind: string, owner: string, middle: string, day: string, alternative: string, number: number): void {
  for (const who of ["_all", alternative]) {
    for (const when of ["all", day.slice(0, 4), day.slice(0, 7), day]) {
      set(`sxp:${kind}:${owner}:${who}${middle}:${when}`, number);
    }
  }
}

for (let number = 0; number < clients; number += 1) {
  if (number % 10 === 9) {
    set(`sxp:e:${NAME}:excluded`, number);
    continue;
  }
  const alternative = ALTERNATIVES[(number * 7) % 2] ?? "control";
  const day = days[Math.floor((number / clients) * DAYS)] ?? "";
  mark("p", NAME, "", day, alternative, number);
  for (const [index, kpi] of KPIS.entries()) {
    if (number % 10 === index) mark("c", kpi === null ? NAME : `${NAME}/${kpi}`, ":users", day, alternative, number);
  }
}

const client = createClient({ url });
await client.connect();
await client.sAdd("sxp:e", NAME);
await client.hSet(`sxp:e:${NAME}`, { created_at: "2024-01-01 00:00", traffic_fraction: "0.9" });
await client.rPush(`sxp:e:${NAME}:alternatives`, [...ALTERNATIVES]);
await client.sAdd(`sxp:e:${NAME}:kpis`, ["signup", "sales"]);
for (const owner of [`p:${NAME}`, `c:${NAME}`, `c:${NAME}/signup`, `c:${NAME}/sales`]) {
  await client.sAdd(`sxp:${owner}:days`, days);
}
for (let start = 0; start < clients; start += MEMBERS_PER_COMMAND) {
  const members = Array.from({ length: Math.min(MEMBERS_PER_COMMAND, clients - start) }, (_, index) => ({
    score: start + index,
    // As long as the UUIDs that most clients send.
    value: `00000000-0000-4000-8000-${String(start + index).padStart(12, "0")}`,
  }));
  await client.zAdd(`sxp:e:${NAME}:users`, members);
}
for (const [key, bitmap] of bitmaps) await client.set(key, bitmap);
await client.close();
