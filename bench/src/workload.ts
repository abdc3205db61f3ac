/** What the benches of throughput send, so that their figures can be laid side by side. */
import type { Order } from "./generator.ts";
import { load, type Running } from "./processes.ts";

/** Share of new clients, by the name that tables use. */
export const LOADS = { known: 0, "10%": 0.1, new: 1 } as const;
export type LoadName = keyof typeof LOADS;

/** Open connections with one request under way on each: a busy site behind a few web servers. */
const CONNECTIONS = 64;
const KNOWN_CLIENTS = 10_000;
const PATH = "/participate?experiment=button&alternatives=red&alternatives=green&client_id=";

/** Known clients of one experiment, unless changed. */
export function orderFor({ port }: Pick<Running, "port">, changes: Partial<Order> & Pick<Order, "seconds">): Order {
  return {
    port,
    connections: CONNECTIONS,
    path: PATH,
    knownClients: KNOWN_CLIENTS,
    newShare: 0,
    prefix: "b",
    warmUp: false,
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
