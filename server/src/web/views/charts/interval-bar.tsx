/**
 * Intervals in a table, all rows on one axis, so that they compare at a glance: a line from limit to limit, a mark at
 * the estimate, and a thick line at zero. What runs off the axis ends in an arrow.
 */
import type { Limits } from "../ui/format.ts";

/** Both ends of the axis; it always holds zero. */
export interface Axis {
  readonly min: number;
  readonly max: number;
}

/** Widest axis, as uplifts: beyond that an interval is only "very wide", and would flatten its neighbours. */
const AXIS_MAX = 1;
/** Smallest half of the axis, as uplifts: differences below it are too small to show. */
const AXIS_MIN = 0.02;
/** The same where they are differences of rates, which are parts of what is often a small number. */
export const AXIS_MIN_OF_RATES = 0.002;
/** Rows up to which the axis holds every interval whole. */
const FEW = 3;
const PAD = 6;
const HEIGHT = 20;
/** What a label at an end of the axis takes, also where the axis is three quarters as wide. */
const LABEL_ROOM = 66;

/** An axis for all the intervals of a table. */
export function sharedAxis(intervals: readonly Limits[], halfMin = AXIS_MIN): Axis {
  const below = reachAbove(intervals.map(({ lower, upper }) => ({ lower: negated(upper), upper: negated(lower) })));
  const above = reachAbove(intervals);
  const widest = Math.max(below, above, halfMin);
  // Neither side shrinks to a sliver, so that zero is never at the edge.
  return { min: -niceCeil(Math.max(below, widest / 4)), max: niceCeil(Math.max(above, widest / 4)) };
}

/**
 * Three quarters of the limits fit: newcomers with three conversions don't squeeze everybody else. Of a few, all fit; and
 * so does whatever leaves zero out, for that is what people look for.
 */
function reachAbove(intervals: readonly Limits[]): number {
  const positive = intervals.filter(({ upper }) => upper === null || upper > 0);
  const sizeOf = ({ upper }: Limits) => Math.min(AXIS_MAX, upper ?? AXIS_MAX);
  const sizes = positive.map(sizeOf).sort((a, b) => a - b);
  const most = sizes[Math.ceil(sizes.length * (sizes.length > FEW ? 0.75 : 1)) - 1] ?? 0;
  return Math.max(most, ...positive.filter(({ lower }) => lower !== null && lower > 0).map(sizeOf));
}

function negated(limit: number | null): number | null {
  return limit === null ? null : -limit;
}

/** The next of 1, 2, 5 times a power of ten. */
function niceCeil(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 5, 10].find((candidate) => candidate * power >= value * 0.999) ?? 10;
  return step * power;
}

interface IntervalBarProps {
  readonly axis: Axis;
  readonly interval: Limits;
  readonly estimate: number | null;
  /** Class of the colour: that of the alternative, as in the charts. */
  readonly colour?: string;
  readonly width?: number;
}

/** Decoration: the figures stand as text beside it. */
export function IntervalBar({ axis, interval, estimate, colour = "series-ink", width = 160 }: IntervalBarProps) {
  const scale = (value: number) => PAD + ((value - axis.min) / (axis.max - axis.min)) * (width - 2 * PAD);
  const clamp = (value: number) => Math.min(axis.max, Math.max(axis.min, value));
  const { lower, upper } = interval;
  const left = scale(clamp(lower ?? axis.min));
  const right = scale(clamp(upper ?? axis.max));
  const middle = HEIGHT / 2;
  const offLeft = lower === null || lower < axis.min;
  const offRight = upper === null || upper > axis.max;
  return (
    <svg class={`bar ${colour}`} viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} aria-hidden="true">
      <line class="bar-axis" x1={PAD} x2={width - PAD} y1={middle} y2={middle} />
      <line class="bar-zero" x1={scale(0)} x2={scale(0)} y1="0" y2={HEIGHT} />
      <line class="bar-range" x1={left} x2={right} y1={middle} y2={middle} />
      {offLeft ? (
        <path class="bar-arrow" d={`M${left + 4} ${middle - 4}L${left - 3} ${middle}L${left + 4} ${middle + 4}Z`} />
      ) : null}
      {offRight ? (
        <path class="bar-arrow" d={`M${right - 4} ${middle - 4}L${right + 3} ${middle}L${right - 4} ${middle + 4}Z`} />
      ) : null}
      {estimate !== null && estimate >= axis.min && estimate <= axis.max ? (
        <circle class="bar-mark" cx={scale(estimate)} cy={middle} r="3.5" />
      ) : null}
    </svg>
  );
}

/** The axis itself, for the head of the column. Its places are shares of its width, so that text keeps its size where bars shrink. */
export function AxisLabels({
  axis,
  label,
  width = 160,
}: {
  readonly axis: Axis;
  readonly label: (value: number) => string;
  readonly width?: number;
}) {
  const zero = PAD + (-axis.min / (axis.max - axis.min)) * (width - 2 * PAD);
  const place = (x: number) => `${((100 * x) / width).toFixed(1)}%`;
  return (
    <svg class="bar-labels" width={width} height="14" aria-hidden="true">
      <text x={place(PAD)} y="11">
        {label(axis.min)}
      </text>
      {zero > LABEL_ROOM && zero < width - LABEL_ROOM ? (
        <text x={place(zero)} y="11" text-anchor="middle">
          0
        </text>
      ) : null}
      <text x={place(width - PAD)} y="11" text-anchor="end">
        {label(axis.max)}
      </text>
    </svg>
  );
}
