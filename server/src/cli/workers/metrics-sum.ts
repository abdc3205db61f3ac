/** The supervisor's sum of all workers' metrics, for the one that was asked for `/metrics`. */
import cluster, { type Worker } from "node:cluster";
import { sumOf } from "../../ops/metrics.ts";
import { type FromWorker, type MetricsText, SNAPSHOT_MS_MAX, type Snapshot, tell } from "./messages.ts";

interface Collection {
  readonly missing: Set<Worker>;
  readonly snapshots: Snapshot[];
  readonly finish: () => void;
}

export class MetricsSum {
  readonly #collections = new Map<number, Collection>();
  #requests = 0;

  hear(worker: Worker, message: FromWorker): void {
    if (message.kind === "sum-wanted") void this.#answer(worker, message.request);
    if (message.kind === "snapshot") this.#take(worker, message.request, message.snapshot);
  }

  async #answer(worker: Worker, request: number): Promise<void> {
    const text = await this.#sum();
    tell(worker, { kind: "sum", request, text });
  }

  #take(worker: Worker, request: number, snapshot: Snapshot): void {
    const collection = this.#collections.get(request);
    if (collection?.missing.delete(worker) !== true) return;
    collection.snapshots.push(snapshot);
    if (collection.missing.size === 0) collection.finish();
  }

  async #sum(): Promise<MetricsText> {
    this.#requests += 1;
    const request = this.#requests;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true);
    const snapshots: Snapshot[] = [];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SNAPSHOT_MS_MAX);
      const finish = () => {
        clearTimeout(timer);
        resolve();
      };
      const missing = new Set(workers.filter((worker) => worker !== undefined));
      this.#collections.set(request, { missing, snapshots, finish });
      for (const worker of missing) tell(worker, { kind: "snapshot-wanted", request });
    });
    this.#collections.delete(request);
    return sumOf(snapshots);
  }
}
