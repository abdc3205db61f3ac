/** How many visitors a plan takes, and how long that lasts. */
import { unreachable } from "../../../domain/errors.ts";
import { plural } from "../../../lib/text.ts";
import type { DaysLeft } from "../../../stats/size.ts";
import { count, share } from "./format.ts";

interface PlanSizeProps {
  readonly participants: number;
  /** Chance to find the smallest change that matters. */
  readonly power: number;
  /** `undefined` before there is an experiment. */
  readonly daysLeft: DaysLeft | undefined;
}

export function PlanSize({ participants, power, daysLeft }: PlanSizeProps) {
  const left = daysLeft === undefined ? null : daysLeftText(daysLeft);
  return (
    <p>
      <strong>{count(participants)} visitors</strong> in all, to find such a change {share(power)} of the time.
      {left === null ? null : ` ${left}`}
    </p>
  );
}

const UNKNOWN = {
  "no-plan": null,
  "no-recent-traffic": "No recent traffic to tell the days left.",
  "nobody-new": "Nobody new takes part now.",
} as const;

/** Nothing without a plan: the verdict says where one would help, and the form is beside it. */
export function daysLeftText(daysLeft: DaysLeft): string | null {
  switch (daysLeft.kind) {
    case "unknown":
      return UNKNOWN[daysLeft.reason];
    case "reached":
      return "The planned size is reached.";
    case "estimated": {
      const { earliest, latest } = daysLeft;
      if (latest === null) return `About ${plural(earliest, "day")} left or more.`;
      return latest === earliest
        ? `About ${plural(earliest, "day")} left.`
        : `About ${count(earliest)} to ${plural(latest, "day")} left.`;
    }
    case "unlikely":
      return `About ${plural(daysLeft.days, "day")} left: unlikely to finish. Look for a larger uplift, or take in more traffic.`;
    default:
      return unreachable(daysLeft);
  }
}
