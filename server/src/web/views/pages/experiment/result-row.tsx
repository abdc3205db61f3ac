/** One alternative in the table of results. */
import type { ComponentChildren } from "preact";
import { retirableIndexes } from "../../../../domain/epochs.ts";
import { unreachable } from "../../../../domain/errors.ts";
import type { Comparison } from "../../../../stats/report.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl, forceQuery, retireUrl } from "../../../http/urls.ts";
import { type Axis, IntervalBar } from "../../charts/interval-bar.tsx";
import { seriesClass } from "../../charts/palette.ts";
import type { Column, ExperimentView } from "../../experiment-view.ts";
import { DirectionMark } from "../../ui/direction-mark.tsx";
import { forPeople } from "../../ui/for-people.ts";
import { averageText, chance, count, haveOf, probability, rate } from "../../ui/format.ts";
import { Menu } from "../../ui/menu.tsx";
import { Range } from "../../ui/range.tsx";
import { ArmCell, type ArmCellProps } from "./arm-cell.tsx";
import {
  type Arm,
  besideText,
  conclusionText,
  effectHead,
  effectOf,
  effectRange,
  effectText,
  type Figure,
  valueRange,
  valueText,
} from "./arms.ts";
import { weightId } from "./settings.tsx";
import { viewUrl } from "./view-url.ts";

interface ResultRowProps {
  readonly view: ExperimentView;
  readonly arm: Arm;
  readonly axis: Axis;
  readonly figure: Figure;
}

export function ResultRow({ view, arm, axis, figure }: ResultRowProps) {
  const { comparison } = arm;
  return (
    <tr>
      <ArmCell index={arm.index} name={arm.name} kinds={kindsOf(view, arm)}>
        <CompareLink view={view} arm={arm} />
      </ArmCell>
      <td class="number" data-label="Visitors">
        {count(arm.participants)}
        <ShareText arm={arm} />
      </td>
      <td class="number cell-conversions" data-label="Conversions">
        {count(arm.conversions)}
        {figure.isMean ? <span class="under">{besideText(arm.rate, figure)}</span> : null}
      </td>
      <td class="number" data-label={figure.isMean ? "Mean" : "Rate"}>
        {valueText(arm.value, figure)}
        {arm.interval === null ? null : (
          <Range>
            {valueRange(arm.interval, figure)}
            {figure.isMean ? " at one look" : ""}
          </Range>
        )}
        {arm.average === null ? null : <span class="under">{averageText(arm.average, figure.unit)}</span>}
        {arm.isPooled ? <span class="under">pooled</span> : null}
      </td>
      <EffectCell view={view} arm={arm} axis={axis} figure={figure} />
      <td class="cell-test" data-label="Conclusion">
        <Conclusion arm={arm} isDescribed={view.analysis.verdict === null} />
      </td>
      {view.query.columns.map((column) => (
        <td key={column} class="number" data-label={COLUMN_HEADS[column]}>
          {comparison.kind === "compared" ? columnText(column, arm, comparison) : "–"}
        </td>
      ))}
      <td class="cell-actions">
        <RowActions view={view} arm={arm} />
      </td>
    </tr>
  );
}

function kindsOf({ experiment, analysis }: ExperimentView, arm: Arm): ArmCellProps["kinds"] {
  return [
    arm.index === analysis.report.baseline && arm.index !== 0 && "baseline",
    experiment.winner === arm.name && "winner",
    arm.isRetired && "retired",
  ];
}

/** Of two, the other way round tells nothing new. */
function CompareLink({ view, arm }: Pick<ResultRowProps, "view" | "arm">) {
  const { report } = view.analysis;
  if (arm.index === report.baseline || (report.arms.length < 3 && report.baseline === 0)) return null;
  return (
    <a class="compare" href={`${viewUrl(view, { baseline: arm.name })}#results-title`}>
      as baseline<span class="hidden">: compare all with {arm.name}</span>
    </a>
  );
}

function ShareText({ arm: { share, expectedShare } }: Pick<ResultRowProps, "arm">) {
  if (share === null) return null;
  const isAsExpected = expectedShare === null || rate(expectedShare) === rate(share);
  return (
    <span class="under">
      {rate(share)}
      {isAsExpected ? null : <span class="share-expected">, expected {rate(expectedShare)}</span>}
    </span>
  );
}

function EffectCell({ view: { query }, arm, axis, figure }: ResultRowProps) {
  const { comparison } = arm;
  if (comparison.kind === "baseline") return <td class="cell-effect muted">the baseline</td>;
  if (comparison.kind === "no-inference") {
    return <td class="cell-effect muted">{forPeople(comparison.detail)}</td>;
  }
  if (comparison.gate.kind === "too-few") {
    return (
      <td class="cell-effect muted">
        Not enough data
        <span class="under">{haveOf(comparison.gate)}</span>
      </td>
    );
  }
  const effect = effectOf(arm, query.diff);
  if (effect === undefined) return <td class="cell-effect muted">–</td>;
  const { estimate, range } = effect;
  const colour = seriesClass(arm.index);
  return (
    <td class="cell-effect" data-label={effectHead(query.diff)}>
      <span class="effect">
        <span class="effect-figure">
          <DirectionMark effect={effect} /> {effectText(estimate, query.diff, figure, range)}
          <Range>{effectRange(range, query.diff, figure)}</Range>
        </span>
        <IntervalBar axis={axis} interval={range} estimate={estimate} colour={colour} width={200} />
      </span>
    </td>
  );
}

/** The one signal of the row, by the rule of the decision. */
function Conclusion({ arm, isDescribed }: { readonly arm: Arm; readonly isDescribed: boolean }) {
  const { comparison } = arm;
  if (comparison.kind !== "compared") return null;
  const text = conclusionText(arm, isDescribed);
  if (isDescribed) return <span class="muted">{text}</span>;
  const { conclusion, conclusionNow, reached, concludedBy } = comparison;
  return (
    <>
      <span class={`conclusion conclusion-${conclusion}`}>{text}</span>
      {concludedBy === "final-look" && reached === null ? <span class="under">at the planned look</span> : null}
      {reached === null ? null : (
        <span class="under">
          shown on <span class="whole">{reached.on}</span>
          {conclusionNow === conclusion ? "" : ", not by all data so far"}
        </span>
      )}
    </>
  );
}

/** What people may ask for beside the conclusion. */
export const COLUMN_HEADS: Readonly<Record<Column, string>> = {
  chance: "Chance to beat",
  p: "p at any look",
  label: "Sixpack 2.7 label",
};

function columnText(column: Column, { sixpackLabel }: Arm, comparison: Comparison): ComponentChildren {
  switch (column) {
    case "chance":
      return chance(comparison.chanceToBeatBaseline);
    case "p":
      return <PValue comparison={comparison} />;
    case "label":
      return sixpackLabel ?? "–";
    default:
      return unreachable(column);
  }
}

function PValue({ comparison }: { readonly comparison: Comparison }) {
  const { gate, concludedBy, finalLook, pAlwaysValid, pHolm } = comparison;
  if (gate.kind !== "open") return <>–</>;
  if (concludedBy === "final-look" && finalLook !== null) {
    return (
      <>
        {probability(finalLook.pValue)}
        <span class="under">at the planned look</span>
      </>
    );
  }
  return (
    <>
      {probability(pAlwaysValid)}
      {pHolm === null || pHolm === pAlwaysValid ? null : <span class="under">{probability(pHolm)} adjusted</span>}
    </>
  );
}

function RowActions({ view, arm }: Pick<ResultRowProps, "view" | "arm">) {
  const { can, isGuest } = useCurrentUser();
  const { experiment } = view;
  if (isGuest) return null;
  return (
    <Menu id={`actions-${arm.index}`} label="Actions" about={`for ${arm.name}`}>
      {can("editor") && !arm.isRetired && experiment.winner !== arm.name ? (
        <li>
          <a href={actionUrl(experiment.name, `winner/${encodeURIComponent(arm.name)}`)} data-dialog>
            Use this for everybody
          </a>
        </li>
      ) : null}
      {can("editor") && !arm.isRetired ? (
        <li>
          <a href={`#${weightId(experiment, arm.index)}`}>Change its weight</a>
        </li>
      ) : null}
      {can("editor") && retirableIndexes(experiment).includes(arm.index) ? (
        <li>
          <a href={retireUrl(experiment.name, arm.name)} data-dialog>
            Retire it
          </a>
        </li>
      ) : null}
      <li class="force">
        <span class="muted">Force link, to add to the address of a page</span>
        <code data-copy-inline="force link">{forceQuery(experiment.name, arm.name)}</code>
      </li>
    </Menu>
  );
}
