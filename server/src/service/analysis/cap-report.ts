/** What a cap did to a KPI: whom it reached, and the means as values came. */
import type { Counts } from "../../domain/counts.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Kpi } from "../../domain/kpi.ts";
import { cappedMetric, PARTICIPATION } from "../../domain/tally.ts";

export interface CapReport {
  /** `null` while the percentile waits for its data, and nothing is capped. */
  readonly amount: number | null;
  /** It is the 99th percentile. */
  readonly p99: boolean;
  /** It was set when values had come already. */
  readonly late: boolean;
  /** Participants whose total is above it. */
  readonly above: number;
  readonly participants: number;
  /** Mean per participant without the cap, by alternative; `null` where nobody takes part. */
  readonly rawMeans: readonly (number | null)[];
}

/** `null` of a KPI without a cap. */
export function capReport(experiment: Experiment, counts: Counts, { number }: Kpi): CapReport | null {
  const { cap, counts: counted } = (number === null ? undefined : experiment.kpis[number]) ?? {};
  if (number === null || cap === undefined) return null;
  const { amount = null, p99 = false, late = false } = cap;
  // Where the cap stands, counts have it in the place of the values themselves.
  const raw = amount === null ? number : cappedMetric(number);
  const rawMeans = experiment.alternatives.map((_, index) => {
    const { clients } = counts.total(PARTICIPATION, index);
    const total = counted === "events" ? counts.total(number, index).events : counts.total(raw, index).sum;
    return clients === 0 ? null : total / clients;
  });
  const { clients: participants } = counts.total(PARTICIPATION);
  const above = amount === null ? 0 : counts.total(raw).clients;
  return { amount, p99, late, above, participants, rawMeans };
}
