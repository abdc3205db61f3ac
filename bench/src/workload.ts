/** What the benches of throughput send, so that their figures can be laid side by side. */
import type { Order } from "./generator.ts";
import { load, type Running } from "./processes.ts";

/** Share of new clients, by the name that tables use. */
export const LOADS = { known: 0, "10%": 0.1, new: 1 } as const;
export type LoadName = keyof typeof LOADS;

/** Open connections with one request under way on each: a busy site behind a few web servers. */
const CONNECTIONS = 64;
const KNOWN_CLIENTS = 10_000;
const PATH = "/participate?experiment=button&alternatives=red&alternatives=green&client_id={client}";

/**
 * What a browser's request has behind two proxies, beside the line and Host. A server that reads one header may pay for
 * all of them.
 */
export const BROWSER_HEADERS = [
  "Accept: */*",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7",
  "Connection: keep-alive",
  "Origin: https://shop.example",
  "Referer: https://shop.example/",
  'Sec-Ch-Ua: "Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
  "Sec-Ch-Ua-Mobile: ?0",
  'Sec-Ch-Ua-Platform: "Windows"',
  "Sec-Fetch-Dest: empty",
  "Sec-Fetch-Mode: cors",
  "Sec-Fetch-Site: same-site",
  "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "X-Forwarded-For: 203.0.113.7, 198.51.100.2",
  "X-Forwarded-Proto: https",
]
  .map((line) => `${line}\r\n`)
  .join("");

/** Known clients of one experiment, unless the server is asked for something else or the order is changed. */
export function orderFor(
  { port, asked }: Pick<Running, "port" | "asked">,
  changes: Partial<Order> & Pick<Order, "seconds">,
): Order {
  return {
    port,
    connections: CONNECTIONS,
    path: PATH,
    headers: "",
    expects: "client",
    knownClients: KNOWN_CLIENTS,
    newShare: 0,
    prefix: "b",
    warmUp: false,
    ...asked,
    ...changes,
  };
}

/** Makes the known clients known, and sends for a second without counting, for the compiler. */
export async function warmUp(order: Order): Promise<void> {
  await load({ ...order, warmUp: true });
  await warmCode(order);
}

export async function warmCode(order: Order): Promise<void> {
  await load({ ...order, seconds: 1, prefix: `w${order.prefix}` });
}

/** The same, begun at another place: nobody always has the same neighbours. */
export function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
