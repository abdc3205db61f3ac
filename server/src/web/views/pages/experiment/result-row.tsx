/** One alternative in the table of results. */

import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl, forceQuery } from "../../../http/urls.ts";
import { type Axis, IntervalBar } from "../../charts/interval-bar.tsx";
import { seriesClass } from "../../charts/palette.ts";
import { Swatch } from "../../charts/swatch.tsx";
import type { ExperimentView } from "../../experiment-view.ts";
import { Chip } from "../../ui/chips.tsx";
import { DirectionMark } from "../../ui/direction-mark.tsx";
import { chance, count, haveOf, probability, rate } from "../../ui/format.ts";
import { type Arm, effectOf, effectRange, effectText, type Figure, valueRange, valueText } from "./arms.ts";
import { viewUrl } from "./view-url.ts";

export interface ResultRowProps {
  readonly view: ExperimentView;
  readonly arm: Arm;
  readonly axis: Axis;
  readonly figure: Figure;
}

export function ResultRow({ view, arm, axis, figure }: ResultRowProps) {
  const { comparison } = arm;
  return (
    <tr>
      <th scope="row" class="cell-arm">
        <span class="arm">
          <Swatch index={arm.index} />
          <span class="arm-name">{arm.name}</span>
        </span>
        <ArmChips view={view} arm={arm} />
      </th>
      <td class="number" data-label="Participants">
        {count(arm.participants)}
        <span class="under">{shareText(arm)}</span>
      </td>
      <td class="number" data-label="Conversions">
        {count(arm.conversions)}
        {figure.isMean ? <span class="under">rate {rate(arm.rate)}</span> : null}
      </td>
      <td class="number" data-label={figure.isMean ? "Mean" : "Rate"}>
        {valueText(arm.value, figure)}
        {arm.interval === null ? null : <span class="under">{valueRange(arm.interval, figure)}</span>}
        {arm.isPooled ? <span class="under">pooled</span> : null}
      </td>
      <EffectCell view={view} arm={arm} axis={axis} figure={figure} />
      <td class="number" data-label="Chance to beat">
        {comparison.kind === "compared" ? chance(comparison.chanceToBeatBaseline) : "–"}
      </td>
      <td class="cell-test" data-label="Test">
        <TestWords arm={arm} isDescribed={view.analysis.verdict === null} />
      </td>
      <td class="cell-actions">
        <RowActions view={view} arm={arm} />
      </td>
    </tr>
  );
}

function ArmChips({ view: { experiment, analysis }, arm }: Pick<ResultRowProps, "view" | "arm">) {
  return (
    <span class="chips">
      {arm.index === 0 ? <Chip kind="control" /> : null}
      {arm.index === analysis.report.baseline && arm.index !== 0 ? <Chip kind="baseline" /> : null}
      {experiment.winner === arm.name ? <Chip kind="winner" /> : null}
      {arm.isRetired ? <Chip kind="retired" /> : null}
    </span>
  );
}

function shareText({ share, expectedShare }: Arm): string {
  if (share === null) return "";
  return expectedShare === null ? rate(share) : `${rate(share)}, expected ${rate(expectedShare)}`;
}

function EffectCell({ view: { query }, arm, axis, figure }: ResultRowProps) {
  const { comparison } = arm;
  if (comparison.kind === "baseline") return <td class="cell-effect muted">the baseline</td>;
  if (comparison.kind === "no-inference") {
    const isSame = comparison.reason === "no-variance";
    return (
      <td class="cell-effect muted">
        {isSame ? "Nothing to compare: all values are the same so far" : comparison.detail}
      </td>
    );
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
  const { estimate, alwaysValid } = effect;
  const colour = seriesClass(arm.index);
  return (
    <td class="cell-effect" data-label="Difference">
      <span class="effect">
        <span class="effect-figure">
          <DirectionMark direction={comparison.direction} /> {effectText(estimate, query.diff, figure)}
          <span class="under">{effectRange(alwaysValid, query.diff, figure)}</span>
        </span>
        <IntervalBar axis={axis} interval={alwaysValid} estimate={estimate} colour={colour} width={200} />
      </span>
    </td>
  );
}

const CONCLUSIONS = { better: "Better", worse: "Worse", undecided: "Undecided" } as const;

/** The test in words, and below it what 2.7 would have said. */
function TestWords({ arm, isDescribed }: { readonly arm: Arm; readonly isDescribed: boolean }) {
  const { comparison, sixpackLabel } = arm;
  if (comparison.kind !== "compared") return null;
  // Days, or a baseline, that were chosen after looking.
  if (isDescribed) return <span class="muted">described only</span>;
  const isOpen = comparison.gate.kind === "open";
  const { conclusion, conclusionNow, reached, concludedBy, pAlwaysValid, pHolm, finalLook } = comparison;
  const p =
    concludedBy === "final-look" && finalLook !== null
      ? `p ${probability(finalLook.pValue)} at the planned look`
      : `p ${probability(pAlwaysValid)} at any look${pHolm === null || pHolm === pAlwaysValid ? "" : `, ${probability(pHolm)} adjusted`}`;
  return (
    <>
      {isOpen || reached !== null ? CONCLUSIONS[conclusion] : "Too early"}
      {reached === null ? null : (
        <span class="under">
          shown on {reached.on}
          {conclusionNow === conclusion ? "" : ", not by all data so far"}
        </span>
      )}
      {isOpen ? <span class="under">{p}</span> : null}
      {sixpackLabel === null ? null : <span class="under">Sixpack label: {sixpackLabel}</span>}
    </>
  );
}

function RowActions({ view, arm }: Pick<ResultRowProps, "view" | "arm">) {
  const { can, isGuest } = useCurrentUser();
  const { experiment, analysis } = view;
  if (isGuest && arm.index === analysis.report.baseline) return null;
  return (
    <details class="menu" name="row-menu">
      <summary>
        Actions<span class="hidden"> for {arm.name}</span>
      </summary>
      <ul>
        {can("editor") && experiment.winner !== arm.name ? (
          <li>
            <a href={actionUrl(experiment.name, `winner/${encodeURIComponent(arm.name)}`)} data-dialog>
              Use this for everybody
            </a>
          </li>
        ) : null}
        {arm.index === analysis.report.baseline ? null : (
          <li>
            <a href={viewUrl(view, { baseline: arm.name })}>Compare all with this</a>
          </li>
        )}
        {isGuest ? null : (
          <li class="force">
            <span class="muted">Force link, to add to the address of a page</span>
            <code data-copy-inline="force link">{forceQuery(experiment.name, arm.name)}</code>
          </li>
        )}
      </ul>
    </details>
  );
}
