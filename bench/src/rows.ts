/** The rows of the throughput bench: medians over rounds, and their table. */
import { median } from "./median.ts";

export interface Sample {
  /** Requests a second, to those of the bare server just before and after. */
  readonly ratio: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server a request, without its Redis, in microseconds. A neighbour moves it less than the rest. */
  readonly cpuUs: number;
  readonly memoryMiB: number;
}

export interface Row extends Sample {
  /** The lowest and the highest of the ratios whose median `ratio` is. */
  readonly ratioFrom: number;
  readonly ratioTo: number;
  /** An engine of Sixpack, "bare" or "peer". */
  readonly server: string;
  /** A name of LOADS, or "constant". */
  readonly load: string;
}

/** @param samples by "server load" */
export function rowsOf(samples: ReadonlyMap<string, readonly Sample[]>): Row[] {
  return [...samples].map(([key, list]) => {
    const [server = "", load = ""] = key.split(" ");
    const of = (pick: (sample: Sample) => number) => median(list.map(pick));
    return {
      server,
      load,
      ratio: of(({ ratio }) => ratio),
      ratioFrom: Math.min(...list.map(({ ratio }) => ratio)),
      ratioTo: Math.max(...list.map(({ ratio }) => ratio)),
      perSecond: of(({ perSecond }) => perSecond),
      p50Ms: of(({ p50Ms }) => p50Ms),
      p99Ms: of(({ p99Ms }) => p99Ms),
      cpuUs: of(({ cpuUs }) => cpuUs),
      memoryMiB: of(({ memoryMiB }) => memoryMiB),
    };
  });
}

/** How far the fastest and the slowest lie apart, as a share of the median. */
export function spreadOf(speeds: readonly number[]): number {
  return (Math.max(...speeds) - Math.min(...speeds)) / median(speeds);
}

export function rounded(row: Row): Row {
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    ...row,
    ratio: round(row.ratio, 3),
    ratioFrom: round(row.ratioFrom, 3),
    ratioTo: round(row.ratioTo, 3),
    perSecond: round(row.perSecond, 0),
    p50Ms: round(row.p50Ms, 2),
    p99Ms: round(row.p99Ms, 2),
    cpuUs: round(row.cpuUs, 1),
    memoryMiB: round(row.memoryMiB, 0),
  };
}

export function table(rows: readonly Row[]): string {
  const lines = ["server            load      ratio   from     to  requests/s   p50 ms   p99 ms   cpu µs   memory MiB"];
  for (const row of rows.map(rounded)) {
    lines.push(
      row.server.padEnd(18) +
        row.load.padEnd(9) +
        row.ratio.toFixed(2).padStart(6) +
        row.ratioFrom.toFixed(2).padStart(7) +
        row.ratioTo.toFixed(2).padStart(7) +
        String(row.perSecond).padStart(12) +
        row.p50Ms.toFixed(2).padStart(9) +
        row.p99Ms.toFixed(2).padStart(9) +
        row.cpuUs.toFixed(1).padStart(9) +
        String(row.memoryMiB).padStart(13),
    );
  }
  return `${lines.join("\n")}\n`;
}
