/**
 * Latencies counted into buckets, in plain numbers: an observation is a walk over a dozen bounds and two additions.
 * prom-client's own histogram makes and looks up a text of all labels at each one; here that waits for the scrape.
 */
import { Histogram, type MetricObjectWithValues, type MetricValueWithName } from "prom-client";

/** Upper bounds of the latency buckets, in seconds. */
const LATENCY_BUCKETS_S = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

const BOUNDS_MS: readonly number[] = LATENCY_BUCKETS_S.map((seconds) => seconds * 1000);

export class Latency {
  /** Observations per bucket, not summed up; the last one is of those above every bound. */
  readonly counts = new Float64Array(BOUNDS_MS.length + 1);
  sumMs = 0;

  observe(elapsedMs: number): void {
    let bucket = 0;
    while (elapsedMs > (BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sumMs += elapsedMs;
  }
}

type Labels = Readonly<Record<string, string>>;
export type LabelledLatency = readonly [Labels, Latency];

interface LatencyHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly read: () => Iterable<LabelledLatency>;
}

/** A histogram of prom-client whose values are read from plain numbers when it is scraped. */
export class LatencyHistogram extends Histogram<string> {
  readonly #options: LatencyHistogramOptions;
  /** An empty one of prom-client's own, for the words around the values. */
  readonly #empty: Histogram<string>;

  constructor(options: LatencyHistogramOptions) {
    const configuration = { name: options.name, help: options.help, buckets: [...LATENCY_BUCKETS_S], registers: [] };
    super(configuration);
    this.#options = options;
    this.#empty = new Histogram(configuration);
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const description = await this.#empty.get();
    return {
      ...description,
      values: [...this.#options.read()].flatMap((entry) => valuesOf(this.#options.name, entry)),
    };
  }

  /** What a registry asks for its text; not in the types of prom-client. */
  getForPromString(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    return this.get();
  }
}

function valuesOf(name: string, [labels, { counts, sumMs }]: LabelledLatency): MetricValueWithName<string>[] {
  let count = 0;
  const buckets = [...counts].map((observations, bucket) => {
    count += observations;
    const le = LATENCY_BUCKETS_S[bucket] ?? "+Inf";
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
