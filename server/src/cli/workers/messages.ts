/** What the supervisor and its workers tell each other. */

/** Metrics of one process, as prom-client takes a registry apart. */
export type Snapshot = readonly object[];

export interface MetricsText {
  readonly contentType: string;
  readonly body: string;
}

export type FromWorker =
  /** It listens. The text is what a person who started it reads. */
  | { readonly kind: "serving"; readonly banner: string }
  /** Somebody asked it for `/metrics`: it wants those of all workers. */
  | { readonly kind: "sum-wanted"; readonly request: number }
  /** Its own metrics, which the supervisor wanted. */
  | { readonly kind: "snapshot"; readonly request: number; readonly snapshot: Snapshot };

export type FromSupervisor =
  | { readonly kind: "snapshot-wanted"; readonly request: number }
  | { readonly kind: "sum"; readonly request: number; readonly text: MetricsText };

/** How long a worker has to hand in its metrics, in milliseconds; the sum goes on without one that hangs. */
export const SNAPSHOT_MS_MAX = 500;
