/** What a plan could ask for, beside the form that asks for it: as a table, and as a picture. */
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import type { FigureOutlook, Found, PlanOutlook } from "../../../service/analysis/plan-outlook.ts";
import { count, decimal, rate, share, uplift } from "../ui/format.ts";

/** One for each figure of the KPI. The form's style sheet shows the one that is chosen to decide. */
export function OutlookTable({ outlook: { perDay, power, figures } }: { readonly outlook: PlanOutlook }) {
  return (
    <>
      {figures.map((figure) => {
        const isRate = "rate" in figure.baseline;
        return (
          <div key={isRate} class={`outlook ${isRate ? "of-rate" : "of-mean"}`}>
            <table class="plain">
              <caption>
                With a plan, at {count(Math.round(perDay))} visitors a day and {seenText(figure)}, this is found{" "}
                {share(power)} of the time
              </caption>
              <thead>
                <tr>
                  <th scope="col">In</th>
                  <th scope="col" class="number">
                    Visitors
                  </th>
                  <th scope="col" class="number">
                    An uplift of
                  </th>
                </tr>
              </thead>
              <tbody>
                {figure.rows.map((row) => (
                  <tr key={row.days}>
                    <th scope="row">{row.days} days</th>
                    <td class="number">{count(row.participants)}</td>
                    <td class="number">{row.uplift === null ? "none" : `${uplift(row.uplift)} or more`}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            <Curve figure={figure} />
          </div>
        );
      })}
    </>
  );
}

function seenText({ baseline }: FigureOutlook): string {
  return "rate" in baseline
    ? `a rate of ${rate(baseline.rate)}`
    : `a mean of ${decimal(baseline.mean)} with a standard deviation of ${decimal(baseline.deviation)}`;
}

const FRAME = { width: 360, height: 170, left: 54, right: 14, top: 14, bottom: 34 } as const;

/** How fast patience pays: the longer, the smaller. */
function Curve({ figure: { curve, rows } }: { readonly figure: FigureOutlook }) {
  const drawn = found(curve);
  const marked = found(rows);
  const [first, last] = [marked[0], drawn.at(-1)];
  if (first === undefined || last === undefined) return null;
  const { width, height, left, right, top, bottom } = FRAME;
  const x = scaleLinear([0, last.days], [left, width - right]);
  // What only the first days can't find would press the rest flat.
  const y = scaleLinear([0, 1.3 * Math.abs(first.uplift)], [height - bottom, top]).nice(4);
  const path = line<Seen>(
    ({ days }) => x(days),
    ({ uplift: size }) => y(Math.abs(size)),
  ).defined(({ uplift: size }) => Math.abs(size) <= (y.domain()[1] ?? 0));
  const sign = Math.sign(first.uplift);
  return (
    <svg class="plan-curve" viewBox={`0 0 ${width} ${height}`} role="img" aria-label="Smallest uplift found, by days">
      {y.ticks(4).map((value) => (
        <g key={value}>
          <line class="chart-grid" x1={left} x2={width - right} y1={y(value)} y2={y(value)} />
          <text class="chart-tick" x={left - 8} y={y(value) + 4} text-anchor="end">
            {value === 0 ? "0" : uplift(sign * value)}
          </text>
        </g>
      ))}
      <path class="plan-line" d={path(drawn) ?? ""} />
      {marked.map(({ days, uplift: size }) => (
        <g key={days}>
          <circle class="plan-point" cx={x(days)} cy={y(Math.abs(size))} r="3.5" />
          <text class="chart-tick" x={x(days)} y={height - bottom + 15} text-anchor="middle">
            {days}
          </text>
        </g>
      ))}
      <text class="chart-tick" x={(left + width - right) / 2} y={height - 3} text-anchor="middle">
        days
      </text>
    </svg>
  );
}

interface Seen extends Found {
  readonly uplift: number;
}

function found(rows: readonly Found[]): readonly Seen[] {
  return rows.flatMap((row) => (row.uplift === null ? [] : [{ ...row, uplift: row.uplift }]));
}
