/** Latencies counted in bins of 10 µs up to 10 s, so that neither counting nor a quantile holds up a load. */
const BIN_MS = 0.01;
const BINS = 1_000_000;

export class Latencies {
  readonly #bins = new Uint32Array(BINS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(latencyMs: number): void {
    const bin = Math.min(BINS - 1, Math.floor(latencyMs / BIN_MS));
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.#count += 1;
  }

  /** In milliseconds, rounded up to a bin. @param share In [0, 1] */
  quantileMs(share: number): number {
    let rank = this.#count * share;
    for (let bin = 0; bin < BINS; bin += 1) {
      rank -= this.#bins[bin] ?? 0;
      if (rank <= 0) return (bin + 1) * BIN_MS;
    }
    return BINS * BIN_MS;
  }

  clear(): void {
    this.#bins.fill(0);
    this.#count = 0;
  }
}
