/** From the arguments of `participate` to what is sent: every check, and what was forced. */
import { checkAlternatives, checkExperiment, checkNumber, expect } from "./names.ts";
import type { Arguments } from "./wire.ts";

export interface ParticipateOptions {
  /** Share of clients that take part, in (0, 1]. Absent, the stored one stays. */
  readonly trafficFraction?: number | undefined;
  /** One per alternative, none negative. They count when the experiment is made. */
  readonly weights?: readonly number[] | undefined;
  /**
   * A number about the client from before the test, such as its orders of the last 90 days, from -1e12 to 1e12. The server
   * keeps that of the first participation. Absent where nothing is known.
   */
  readonly covariate?: number | undefined;
  /** Asks without taking part. */
  readonly prefetch?: boolean | undefined;
  /** The alternative to answer, without a request unless `recordForce`. Ignored when it isn't one. */
  readonly force?: string | undefined;
  readonly recordForce?: boolean | undefined;
}

/** Two or more names, of which the first is the control. */
export type Alternatives = readonly [string, string, ...string[]];

/** A checked participation: what to send, the alternative that was forced, and whether there is anything to ask. */
export type Question = readonly [
  args: Arguments & { readonly experiment: string; readonly alternatives: Alternatives },
  forced: string | undefined,
  asks: boolean,
];

/** @throws TypeError for arguments that break the rules */
export function questionOf(
  experiment: string,
  alternatives: Alternatives,
  { trafficFraction: fraction, weights, covariate, prefetch, recordForce, force }: ParticipateOptions,
  visitor: object,
  query: { get(name: string): string | null },
): Question {
  checkExperiment(experiment);
  checkAlternatives(alternatives);
  expect(fraction === undefined || (fraction > 0 && fraction <= 1), "trafficFraction in (0, 1]", fraction);
  const isShare = !weights || (weights.length === alternatives.length && weights.every((weight) => weight >= 0));
  expect(isShare, "weights per alternative", weights);
  checkNumber("covariate", covariate);
  const forced = alternatives.find((name) => name === (force ?? query.get(`sixpack-force-${experiment}`)));
  const args = {
    experiment,
    alternatives,
    ...visitor,
    traffic_fraction: fraction,
    weights,
    covariate,
    prefetch: prefetch || undefined,
    force: forced,
    record_force: forced && true,
  };
  return [args, forced, !forced || !!recordForce];
}
