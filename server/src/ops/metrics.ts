/**
 * What `/metrics` tells Prometheus. Everything is counted in plain numbers where it happens and given its labels when it
 * is asked for: a busy server answers ten thousand requests between two scrapes.
 */
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { type LabelledLatency, Latency, LatencyHistogram } from "./latency.ts";
import { MEASURED_VERBS, type StoreMeter } from "./store-meter.ts";

/** Where the numbers are, beside those of requests. */
interface MetricsSources {
  readonly store: StoreMeter;
  /** Requests whose answer is waited for, and those refused because there were too many. */
  readonly queue: { readonly inFlight: number; readonly refused: number };
  readonly cache: () => { readonly slots: number; readonly used: number };
  readonly version: string;
}

export class Metrics {
  readonly #registry = new Registry();
  /** By route, then by status: two looks into small tables, no text made. */
  readonly #latencies = new Map<string, Latency[]>();

  constructor(sources?: MetricsSources) {
    collectDefaultMetrics({ register: this.#registry });
    this.#registry.registerMetric(
      new LatencyHistogram({
        name: "sixpack_request_duration_seconds",
        help: "Time from a request's arrival to its answer, by route and status",
        read: () => this.#requests(),
      }),
    );
    if (sources === undefined) return;
    addStore(this.#registry, sources.store);
    addExperiments(this.#registry, sources.store);
    addProcess(this.#registry, sources);
  }

  /** Counts one answer. */
  observe(route: string, status: number, elapsedMs: number): void {
    let byStatus = this.#latencies.get(route);
    if (byStatus === undefined) {
      byStatus = [];
      this.#latencies.set(route, byStatus);
    }
    let latency = byStatus[status];
    if (latency === undefined) {
      latency = new Latency();
      byStatus[status] = latency;
    }
    latency.observe(elapsedMs);
  }

  /** What `sumOf` needs of this process. */
  snapshot(): Promise<readonly object[]> {
    return this.#registry.getMetricsAsJSON();
  }

  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  *#requests(): Iterable<LabelledLatency> {
    for (const [route, byStatus] of this.#latencies) {
      for (const [status, latency] of byStatus.entries()) {
        if (latency !== undefined) yield [{ route, status: String(status) }, latency];
      }
    }
  }
}

function addStore(registry: Registry, store: StoreMeter): void {
  registry.registerMetric(
    new LatencyHistogram({
      name: "sixpack_store_duration_seconds",
      help: "Time that the store took to answer, by verb",
      read: () => MEASURED_VERBS.map((verb) => [{ verb }, store.latencies[verb]]),
    }),
  );
  addCounter(registry, "sixpack_store_failures_total", "Calls of the store that failed, by verb", ["verb"], () =>
    MEASURED_VERBS.map((verb) => [{ verb }, store.failures[verb]]),
  );
  addCounter(registry, "sixpack_assignment_cache_hits_total", "Clients answered without asking the store", [], () => [
    [{}, store.hits],
  ]);
  addCounter(registry, "sixpack_assignment_cache_misses_total", "Clients that the store was asked for", [], () => [
    [{}, store.misses],
  ]);
}

function addExperiments(registry: Registry, { experiments, segments }: StoreMeter): void {
  const label = ["experiment"];
  addCounter(registry, "sixpack_participations_total", "Clients that joined, by experiment", label, () =>
    [...experiments].map(([experiment, { participations }]) => [{ experiment }, participations]),
  );
  addCounter(registry, "sixpack_conversions_total", "Participants that reached a KPI, by experiment", label, () =>
    [...experiments].map(([experiment, { conversions }]) => [{ experiment }, conversions]),
  );
  const bySegment = "sixpack_segment_participations_total";
  addCounter(registry, bySegment, "Clients that joined, by segment", [...label, "segment", "value"], () =>
    [...segments.series()].map(({ clients, ...labels }) => [{ ...labels }, clients]),
  );
}

function addProcess(registry: Registry, { queue, cache, version }: MetricsSources): void {
  addGauge(registry, "sixpack_requests_in_flight", "Requests whose answer is waited for", () => queue.inFlight);
  addGauge(registry, "sixpack_assignment_cache_slots", "Most clients that are remembered", () => cache().slots);
  addGauge(registry, "sixpack_assignment_cache_used_slots", "Clients that are remembered", () => cache().used);
  addCounter(registry, "sixpack_requests_refused_total", "Requests refused because too many wait", [], () => [
    [{}, queue.refused],
  ]);
  const info = new Gauge({
    name: "sixpack_build_info",
    help: "1, with the version",
    labelNames: ["version"],
    registers: [],
  });
  info.set({ version }, 1);
  registry.registerMetric(info);
}

type Labelled = readonly (readonly [Readonly<Record<string, string>>, number])[];

function addCounter(registry: Registry, name: string, help: string, labelNames: string[], read: () => Labelled): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** The metrics of several processes as those of one: counters and histograms are summed. */
export async function sumOf(
  snapshots: readonly (readonly object[])[],
): Promise<{ readonly contentType: string; readonly body: string }> {
  const sum = AggregatorRegistry.aggregate([...snapshots]);
  return { contentType: sum.contentType, body: await sum.metrics() };
}
