/**
 * The picture of a chart. Colours and sizes are attributes, so that the file is right outside the page too; inside it the
 * style sheet's colours win, and follow the theme.
 */
import { area, curveLinear, curveStepAfter, line } from "d3-shape";
import type { BandPoint } from "../../../service/report/series.ts";
import { Axes } from "./axes.tsx";
import type { ChartLine, ChartModel } from "./model.ts";
import { seriesClass, seriesColour, seriesDash } from "./palette.ts";
import { type Frame, type Scales, scalesOf, spread } from "./scales.ts";

interface LineChartProps {
  readonly model: ChartModel;
  readonly size: "wide" | "medium" | "narrow" | "strip";
  /** Draws this alternative alone, on the axis of all. */
  readonly only?: number;
  /** A file of its own: with its namespace, title and ground. */
  readonly standalone?: boolean;
}

/** Lines up to which bands are drawn: more of them cover each other. */
export const BANDS_MAX = 3;
/** So far may a line's width and its last point stand out of the frame. */
const BLEED = 4;
/** A tenth of a point is finer than a screen: a page has thousands of them. */
const DIGITS = 1;
const LABEL_GAP = 13;
const LABEL_LENGTH_MAX = 18;

const FRAMES: Readonly<Record<LineChartProps["size"], Frame>> = {
  wide: { width: 1120, height: 320, left: 52, right: 132, top: 14, bottom: 28 },
  // Between the two: text keeps its size where a wide picture would be shrunk to half.
  medium: { width: 700, height: 300, left: 52, right: 112, top: 14, bottom: 28 },
  /** One of several small ones. */
  strip: { width: 360, height: 150, left: 46, right: 12, top: 8, bottom: 22 },
  narrow: { width: 360, height: 240, left: 46, right: 12, top: 12, bottom: 26 },
};

const X_TICKS: Readonly<Record<LineChartProps["size"], number>> = { wide: 9, medium: 6, narrow: 4, strip: 3 };

export function LineChart({ model, size, only, standalone = false }: LineChartProps) {
  const frame = FRAMES[size];
  const scales = scalesOf(model, frame, size === "strip" ? 3 : 5);
  const lines = only === undefined ? model.lines : model.lines.filter(({ index }) => index === only);
  const { width, height, left, right, top, bottom } = frame;
  const clip = `chart-clip-${size}${only ?? ""}`;
  return (
    <svg
      class={`chart chart-${size}`}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={only === undefined ? model.title : `${model.title}: ${lines[0]?.name ?? ""}`}
      font-family="system-ui, sans-serif"
      font-size="11"
      data-left={left / width}
      data-right={1 - right / width}
      {...(standalone ? { xmlns: "http://www.w3.org/2000/svg", width, height } : {})}
    >
      {standalone ? <title>{model.title}</title> : null}
      {standalone ? <rect width={width} height={height} fill="#ffffff" /> : null}
      <clipPath id={clip}>
        <rect
          x={left - BLEED}
          y={top - BLEED}
          width={width - left - right + 2 * BLEED}
          height={height - top - bottom + 2 * BLEED}
        />
      </clipPath>
      <Axes model={model} frame={frame} scales={scales} xTicks={X_TICKS[size]} />
      <g clip-path={`url(#${clip})`}>
        {model.hasBand && lines.length <= BANDS_MAX
          ? lines.map((item) => <Band key={item.name} item={item} scales={scales} />)
          : null}
        {lines.map((item) => (
          <Line key={item.name} item={item} scales={scales} curve={model.curve} />
        ))}
      </g>
      {size === "wide" || size === "medium" ? <EndLabels lines={lines} scales={scales} frame={frame} /> : null}
    </svg>
  );
}

interface LineProps {
  readonly item: ChartLine;
  readonly scales: Scales;
}

function Line({ item: { points, index }, scales: { x, y }, curve }: LineProps & Pick<ChartModel, "curve">) {
  const path = line<BandPoint>()
    .digits(DIGITS)
    .curve(curve === "step" ? curveStepAfter : curveLinear)
    .defined(({ value }) => value !== null)
    .x((_, at) => x(at))
    .y(({ value }) => y(value ?? 0));
  const last = points.findLastIndex(({ value }) => value !== null);
  return (
    <g class={seriesClass(index)}>
      <path
        class="series-line"
        d={path([...points]) ?? ""}
        fill="none"
        stroke={seriesColour(index)}
        stroke-width="2"
        stroke-dasharray={seriesDash(index) || undefined}
        stroke-linejoin="round"
      />
      {last === -1 ? null : (
        <circle
          class="series-band"
          cx={x(last).toFixed(1)}
          cy={y(points[last]?.value ?? 0).toFixed(1)}
          r="3"
          fill={seriesColour(index)}
        />
      )}
    </g>
  );
}

function Band({ item: { points, index }, scales: { x, y } }: LineProps) {
  const [bottom = 0, top = 0] = y.domain();
  const path = area<BandPoint>()
    .digits(DIGITS)
    .defined(({ value }) => value !== null)
    .x((_, at) => x(at))
    // An open side goes on beyond the picture.
    .y0(({ lower }) => y(lower ?? bottom))
    .y1(({ upper }) => y(upper ?? top));
  return (
    <g class={seriesClass(index)}>
      <path class="series-band" d={path([...points]) ?? ""} fill={seriesColour(index)} fill-opacity="0.13" />
    </g>
  );
}

interface EndLabelsProps {
  readonly lines: readonly ChartLine[];
  readonly scales: Scales;
  readonly frame: Frame;
}

function EndLabels({ lines, scales: { y }, frame }: EndLabelsProps) {
  const ended = lines.flatMap((item) => {
    const value = item.points.findLast((point) => point.value !== null)?.value;
    return value === undefined || value === null ? [] : [{ ...item, height: y(value) }];
  });
  const { top, bottom, height, width, right } = frame;
  const clamped = ended.map((item) => Math.min(height - bottom, Math.max(top, item.height)));
  const heights = spread(clamped, LABEL_GAP, top, height - bottom);
  return (
    <g>
      {ended.map(({ name, index }, at) => (
        <g key={name} class={seriesClass(index)}>
          <text
            class="series-label"
            x={width - right + 10}
            y={((heights[at] ?? 0) + 4).toFixed(1)}
            fill={seriesColour(index)}
          >
            {name.length > LABEL_LENGTH_MAX ? `${name.slice(0, LABEL_LENGTH_MAX - 1)}…` : name}
          </text>
        </g>
      ))}
    </g>
  );
}
