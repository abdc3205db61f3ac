/** What `/metrics` tells Prometheus: requests and latencies by route and status, and the process itself. */
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** Upper bounds of the latency buckets, in seconds. */
export const LATENCY_BUCKETS_S = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #durations: Histogram<"route" | "status">;
  /** One series per route and status, looked up once: labels are what makes a metric slow. */
  readonly #series = new Map<string, Histogram.Internal<"route" | "status">[]>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.#durations = new Histogram({
      name: "sixpack_request_duration_seconds",
      help: "Time from a request's arrival to its answer, by route and status",
      labelNames: ["route", "status"],
      buckets: [...LATENCY_BUCKETS_S],
      registers: [this.#registry],
    });
  }

  /** Counts one answer. */
  observe(route: string, status: number, elapsedMs: number): void {
    let byStatus = this.#series.get(route);
    if (byStatus === undefined) {
      byStatus = [];
      this.#series.set(route, byStatus);
    }
    let series = byStatus[status];
    if (series === undefined) {
      series = this.#durations.labels({ route, status });
      byStatus[status] = series;
    }
    series.observe(elapsedMs / 1000);
  }

  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
