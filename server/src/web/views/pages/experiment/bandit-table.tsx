/** The alternatives of a bandit: what each gets, its rate, and its uplift by the two comparisons that hold. */
import type { BanditReport } from "../../../../service/analysis/bandit-report.ts";
import type { ComparisonOutcome, KpiOutcome, RateArm } from "../../../../stats/report.ts";
import { shownEffect } from "../../../../stats/shown.ts";
import { type Axis, AxisLabels, IntervalBar, sharedAxis } from "../../charts/interval-bar.tsx";
import { seriesClass } from "../../charts/palette.ts";
import { ShareBar } from "../../charts/share-bar.tsx";
import type { ExperimentView } from "../../experiment-view.ts";
import { DirectionMark } from "../../ui/direction-mark.tsx";
import { forPeople } from "../../ui/for-people.ts";
import { chance, count, haveOf, rate, rateRange, uplift, upliftRange } from "../../ui/format.ts";
import { Range } from "../../ui/range.tsx";
import { FOCUSABLE } from "../../ui/scroll.tsx";
import { ArmCell } from "./arm-cell.tsx";

const BAR_WIDTH = 130;

interface Row {
  readonly index: number;
  readonly name: string;
  readonly isRetired: boolean;
  /** Of new clients from now on. */
  readonly share: number;
  readonly chance: number | null;
  readonly all: RateArm | undefined;
  readonly even: RateArm | undefined;
}

export function BanditTable({ view, bandit }: { readonly view: ExperimentView; readonly bandit: BanditReport }) {
  const { baseline } = view.analysis.report;
  const rows = rowsOf(view, bandit);
  const intervals = rows.flatMap(({ all, even }) =>
    [all, even].flatMap((arm) => effectOf(arm?.comparison)?.range ?? []),
  );
  const axis = sharedAxis(intervals);
  const isDrawn = intervals.length > 0;
  const over = rows[baseline]?.name ?? "the baseline";
  return (
    <section class="scroll" aria-label="Table of the bandit" {...FOCUSABLE}>
      <table class="results bandit-table">
        <thead>
          <tr>
            <th scope="col">Alternative</th>
            <th scope="col">New visitors</th>
            <th scope="col" class="number">
              Chance to be best
            </th>
            <th scope="col" class="number">
              Rate, at any look
            </th>
            <UpliftHead axis={isDrawn ? axis : null} label={`Uplift over ${over}, within batches`} />
            <UpliftHead axis={isDrawn ? axis : null} label="Of the evenly drawn" />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <BanditRow key={row.name} row={row} axis={axis} isBaseline={row.index === baseline} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function rowsOf(
  { experiment, analysis }: ExperimentView,
  { kpi, stopping, exploration }: BanditReport,
): readonly Row[] {
  const all = ratesOf(analysis.report.kpis[analysis.kpis.findIndex(({ name }) => name === kpi.name)]);
  const even = ratesOf(exploration.kpi);
  const shares = analysis.allocation.at(-1)?.shares ?? [];
  return experiment.alternatives.map(({ name, retiredInEpoch }, index) => ({
    index,
    name,
    isRetired: retiredInEpoch !== null,
    share: shares[index] ?? 0,
    chance: stopping?.chances[index] ?? null,
    all: all[index],
    even: even[index],
  }));
}

function ratesOf(outcome: KpiOutcome | undefined): readonly RateArm[] {
  return outcome?.kind === "analysed" ? outcome.rates : [];
}

function effectOf(comparison: ComparisonOutcome | undefined) {
  return comparison?.kind === "compared" ? (shownEffect(comparison, "uplift") ?? undefined) : undefined;
}

function UpliftHead({ axis, label }: { readonly axis: Axis | null; readonly label: string }) {
  return (
    <th scope="col" class="cell-effect">
      {label}
      {axis === null ? null : (
        <span class="effect" aria-hidden="true">
          <span class="effect-figure" />
          <AxisLabels axis={axis} label={uplift} width={BAR_WIDTH} />
        </span>
      )}
    </th>
  );
}

interface RowProps {
  readonly row: Row;
  readonly axis: Axis;
  readonly isBaseline: boolean;
}

function BanditRow({ row, axis, isBaseline }: RowProps) {
  const { index, name, isRetired, share, all, even } = row;
  const sequence = all?.rateSequence ?? null;
  return (
    <tr>
      <ArmCell index={index} name={name} kinds={[isRetired && "retired"]} />
      <td data-label="New visitors">
        {isRetired ? (
          <span class="muted">none</span>
        ) : (
          <span class="share">
            <span class="share-figure">{rate(share)}</span>
            <ShareBar share={share} colour={seriesClass(index)} />
          </span>
        )}
      </td>
      <td class="number" data-label="Chance to be best">
        {chance(row.chance)}
      </td>
      <td class="number" data-label="Rate, at any look">
        {sequence === null ? "–" : rateRange(sequence)}
      </td>
      <UpliftCell label="Uplift within batches" arm={all} {...{ axis, index, isBaseline }} />
      <UpliftCell label="Of the evenly drawn" arm={even} counted {...{ axis, index, isBaseline }} />
    </tr>
  );
}

interface UpliftCellProps extends Omit<RowProps, "row"> {
  readonly index: number;
  readonly label: string;
  readonly arm: RateArm | undefined;
  /** Whether to say how many clients it rests on. */
  readonly counted?: boolean;
}

function UpliftCell({ label, arm, axis, index, isBaseline, counted = false }: UpliftCellProps) {
  const clients = counted && arm !== undefined ? `, ${count(arm.participants)} visitors` : "";
  const effect = effectOf(arm?.comparison);
  if (effect === undefined) {
    return (
      <td class="cell-effect muted" data-label={label}>
        {isBaseline ? `the baseline${clients}` : "Not enough data"}
        {isBaseline || arm === undefined ? null : <span class="under">{shortOf(arm)}</span>}
      </td>
    );
  }
  const { estimate, range } = effect;
  return (
    <td class="cell-effect" data-label={label}>
      <span class="effect">
        <span class="effect-figure">
          <DirectionMark effect={effect} /> {uplift(estimate, range)}
          <span class="muted small">{clients}</span>
          <Range>{upliftRange(range)}</Range>
        </span>
        <IntervalBar axis={axis} interval={range} estimate={estimate} colour={seriesClass(index)} width={BAR_WIDTH} />
      </span>
    </td>
  );
}

/** What is missing until there is something to say. */
function shortOf({ comparison }: RateArm): string {
  if (comparison.kind === "no-inference") return forPeople(comparison.detail);
  if (comparison.kind === "baseline" || comparison.gate.kind === "open") return "";
  return haveOf(comparison.gate);
}
