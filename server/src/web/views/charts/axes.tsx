/** Axes, grid, the line at zero, and numbered marks where something changed. */
import type { ChartModel } from "./model.ts";
import { type Frame, type Scales, tickPositions } from "./scales.ts";

interface AxesProps {
  readonly model: ChartModel;
  readonly frame: Frame;
  readonly scales: Scales;
  readonly xTicks: number;
}

const GRID = "#e4e1d9";
const MUTED = "#625e56";
/** Height of the tick of a bandit's batch. */
const BATCH_TICK = 6;
const INK = "#1f1d1a";

export function Axes({ model, frame, scales: { x, y }, xTicks }: AxesProps) {
  const { left, right, width, height, bottom, top } = frame;
  return (
    <g>
      {y.ticks(5).map((value) => (
        <g key={value}>
          <line
            class={value === 0 ? "chart-zero" : "chart-grid"}
            x1={left}
            x2={width - right}
            y1={y(value)}
            y2={y(value)}
            stroke={value === 0 ? INK : GRID}
            stroke-width={value === 0 && model.isSigned ? 2 : 1}
          />
          <text class="chart-tick" x={left - 8} y={y(value) + 4} text-anchor="end" fill={MUTED}>
            {value === 0 && !model.isSigned ? "0" : model.tick(value)}
          </text>
        </g>
      ))}
      {namedPositions(model, xTicks).map((at) => (
        <text
          key={at}
          class="chart-tick"
          x={x(at)}
          y={height - bottom + 17}
          text-anchor={anchorOf(at, model.labels.length)}
          fill={MUTED}
        >
          {model.shortLabels[at]}
        </text>
      ))}
      <path
        class="chart-batches"
        d={model.markers.batches.map((at) => `M${x(at).toFixed(1)} ${height - bottom}v-${BATCH_TICK}`).join("")}
        stroke={MUTED}
      />
      {model.markers.changes.map(({ at }, number) => (
        <g key={at}>
          <line
            class="chart-marker"
            x1={x(at)}
            x2={x(at)}
            y1={top}
            y2={height - bottom}
            stroke={MUTED}
            stroke-dasharray="2 4"
          />
          <text class="chart-marker-label" x={x(at) + 3} y={top + 8} fill={MUTED}>
            {number + 1}
          </text>
        </g>
      ))}
    </g>
  );
}

function namedPositions({ nameable }: ChartModel, count: number): readonly number[] {
  return tickPositions(nameable.length, count).flatMap((at) => nameable[at] ?? []);
}

/** The outer ones stay inside the picture. */
function anchorOf(at: number, labels: number): "start" | "middle" | "end" {
  if (labels > 1 && at === labels - 1) return "end";
  return at === 0 ? "start" : "middle";
}
