/** The side of a worker: what it tells the supervisor that started it, and what it hears. */
import cluster from "node:cluster";
import { SixpackError } from "../../domain/errors.ts";
import type { World } from "../world.ts";
import type { FromSupervisor, FromWorker, MetricsText, Snapshot } from "./messages.ts";

export interface WorkerLink {
  /** Number of the worker, from 1; one that was replaced takes its number with it. */
  readonly id: number;
  /** Stands in where no `secret_key` is given: the same in all workers. */
  readonly secretKey: string | undefined;
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

/** Variable in which a worker finds the secret that it shares with the others. */
export const WORKERS_SECRET = "SIXPACK_WORKERS_SECRET";

/** How long the supervisor has to answer, in milliseconds. */
const ANSWER_MS_MAX = 2_000;

/** Whether a supervisor started this process. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/** `undefined` in a process that serves alone. */
export function workerLink(env: World["env"]): WorkerLink | undefined {
  const { worker } = cluster;
  if (worker === undefined) return undefined;
  const tell = (message: FromWorker) => {
    // The supervisor may be gone by then; `onOrphaned` says so.
    if (worker.isConnected()) worker.send(message);
  };
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
    id: worker.id,
    secretKey: env[WORKERS_SECRET],
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
