/** Callers who hold on to their connections, for tests of stopping servers. */
import { Agent, get } from "node:http";

export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly close: boolean }
  | { kind: string };

/** One call, and how it ended: never rejects. */
export function call(url: string, agent: Agent): Promise<Outcome> {
  return new Promise((resolve) => {
    get(url, { agent }, (response) => {
      const { statusCode: status = 0, headers } = response;
      response.resume().once("end", () => resolve({ kind: "answered", status, close: headers.connection === "close" }));
      response.once("error", () => resolve({ kind: "cut" }));
    }).once("error", (error: NodeJS.ErrnoException) => resolve({ kind: error.code ?? error.message }));
  });
}

/** Calls one after the other on a kept connection until it is sent away, as a load balancer that then asks others. */
export async function keepCalling(url: string, caller: number, outcomes: Outcome[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 0; ; n += 1) {
    const path = `/participate?experiment=drain&alternatives=a&alternatives=b&client_id=${caller}-${n}`;
    const outcome = await call(url + path, agent);
    outcomes.push(outcome);
    if (!("close" in outcome) || outcome.close) break;
  }
  agent.destroy();
}
