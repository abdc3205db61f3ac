/** The side of a worker: what it tells the supervisor that started it, and what it hears. */
import cluster from "node:cluster";
import { SixpackError } from "../../domain/errors.ts";
import type { FromSupervisor, FromWorker, MetricsText, Order, Snapshot } from "./messages.ts";

export interface WorkerLink extends Order {
  /** Tells that this worker listens. */
  serving(banner: string): void;
  /** Hands in this worker's metrics whenever they are wanted. */
  offerMetrics(take: () => Promise<Snapshot>): void;
  /** The metrics of all workers, summed. @throws SixpackError internal: no answer */
  sumMetrics(): Promise<MetricsText>;
  /** Calls back when the supervisor is gone: nobody passes connections on any more. Returns a function that stops that. */
  onOrphaned(heard: () => void): () => void;
  /** The last word: without it the line to the supervisor keeps this process alive. */
  leave(): void;
}

/** How long the supervisor has to answer, in milliseconds. */
const ANSWER_MS_MAX = 2_000;

/** The line to the supervisor that started this process, once it has said what to be; `undefined` where nobody has. */
export async function workerLink(): Promise<WorkerLink | undefined> {
  const { worker } = cluster;
  if (worker === undefined) return undefined;
  const tell = (message: FromWorker) => {
    // The supervisor may be gone by then; `onOrphaned` says so.
    if (worker.isConnected()) worker.send(message);
  };
  const order = await new Promise<Order>((resolve) => {
    process.on("message", function heard(message: FromSupervisor) {
      if (message.kind !== "order") return;
      process.off("message", heard);
      resolve(message.order);
    });
    // Asked for: what the supervisor sends before somebody listens is lost.
    tell({ kind: "order-wanted" });
  });
  const waiting = new Map<number, (text: MetricsText) => void>();
  let requests = 0;
  let take: (() => Promise<Snapshot>) | undefined;
  process.on("message", (message: FromSupervisor) => {
    if (message.kind === "sum") waiting.get(message.request)?.(message.text);
    if (message.kind === "snapshot-wanted" && take !== undefined) {
      const { request } = message;
      take().then(
        (snapshot) => tell({ kind: "snapshot", request, snapshot }),
        () => {},
      );
    }
  });
  return {
    ...order,
    serving: (banner) => tell({ kind: "serving", banner }),
    offerMetrics: (offered) => {
      take = offered;
    },
    sumMetrics: () =>
      new Promise((resolve, reject) => {
        requests += 1;
        const request = requests;
        const settle = () => {
          clearTimeout(timer);
          waiting.delete(request);
        };
        const timer = setTimeout(() => {
          settle();
          reject(new SixpackError("internal", `Expected the workers' metrics within ${ANSWER_MS_MAX} ms, got none`));
        }, ANSWER_MS_MAX);
        waiting.set(request, (text) => {
          settle();
          resolve(text);
        });
        tell({ kind: "sum-wanted", request });
      }),
    onOrphaned: (heard) => {
      process.on("disconnect", heard);
      return () => process.off("disconnect", heard);
    },
    leave: () => {
      if (worker.isConnected()) worker.disconnect();
    },
  };
}
