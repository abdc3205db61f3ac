/** What the supervisor and its workers tell each other. */
import type { Worker } from "node:cluster";
import type { Loaded } from "../../config/load.ts";

/** What a worker is to be. */
export interface Order {
  /** From 1; whoever takes the place of another one takes its number too. */
  readonly number: number;
  /** As the supervisor read them: a file that was changed since is for the next SIGHUP. */
  readonly loaded: Loaded;
  /** Stands in where no `secret_key` is given: the same in all workers. */
  readonly secretKey: string;
}

/** Metrics of one process, as prom-client takes a registry apart. */
export type Snapshot = readonly object[];

export interface MetricsText {
  readonly contentType: string;
  readonly body: string;
}

export type FromWorker =
  /** It listens to messages, and wants to know what it is to be. */
  | { readonly kind: "order-wanted" }
  /** It listens. The text is what a person who started it reads. */
  | { readonly kind: "serving"; readonly banner: string }
  /** Somebody asked it for `/metrics`: it wants those of all workers. */
  | { readonly kind: "sum-wanted"; readonly request: number }
  /** Its own metrics, which the supervisor wanted. */
  | { readonly kind: "snapshot"; readonly request: number; readonly snapshot: Snapshot };

export type FromSupervisor =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "snapshot-wanted"; readonly request: number }
  | { readonly kind: "sum"; readonly request: number; readonly text: MetricsText };

/** How long a worker has to hand in its metrics, in milliseconds; the sum goes on without one that hangs. */
export const SNAPSHOT_MS_MAX = 500;

/** Nothing to one that is gone. */
export function tell(worker: Worker, message: FromSupervisor): void {
  if (worker.isConnected()) worker.send(message);
}
