/** New participants per day as small bars, today last: enough to see that traffic flows, stopped or jumped. */
const STEP = 4;
const HEIGHT = 24;

export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const highest = Math.max(1, ...values);
  const width = values.length * STEP;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      width={width}
      height={HEIGHT}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="spark-base" d={`M0 ${HEIGHT - 0.5}H${width}`} />
      <path class="spark-bars" d={values.map((value, at) => barPath(value / highest, at)).join("")} />
    </svg>
  );
}

/** One path for all bars: a row of the list has thirty. */
function barPath(share: number, at: number): string {
  if (share <= 0) return "";
  // Something is never nothing: a single participant in a busy month still shows.
  const height = Math.max(1.5, share * (HEIGHT - 2));
  return `M${at * STEP} ${HEIGHT - 1}v${-height.toFixed(1)}h3v${height.toFixed(1)}z`;
}
