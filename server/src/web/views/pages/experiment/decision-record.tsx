/** What the data said when the winner was set, beside what they say now: later data don't explain the choice. */
import type { Decided, DecidedArm } from "../../../../domain/decided.ts";
import { decisionOf, type Experiment } from "../../../../domain/experiment.ts";
import { kpiOf } from "../../../../domain/kpi.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { notesThen } from "../../figure-notes.ts";
import { averageText, count, uplift, upliftRange } from "../../ui/format.ts";
import { Scroll } from "../../ui/scroll.tsx";
import { besideText, effectHead, effectRange, effectText, type Figure, valueText } from "./arms.ts";

/** Nothing where no winner is set, or it was set elsewhere. */
export function DecisionRecord({ view }: { readonly view: ExperimentView }) {
  const decided = decisionOf(view.experiment);
  if (decided === undefined) return null;
  return (
    <section class="section decided" aria-labelledby="decided-title">
      <div class="section-head">
        <h2 id="decided-title">When {decided.winner} was set</h2>
      </div>
      {decided.reason === undefined ? null : <p class="spaced">Reason: {decided.reason}</p>}
      <Scroll label="Figures of that day and of today">
        <table class="results">
          <thead>
            <tr>
              <th scope="col">Alternative</th>
              <th scope="col" class="number">
                Visitors then
              </th>
              <th scope="col" class="number">
                {decided.decidesOn === "means" ? "Mean" : "Rate"} then
              </th>
              <th scope="col">{effectHeadThen(decided)}</th>
              <th scope="col" class="number">
                Visitors since
              </th>
            </tr>
          </thead>
          <tbody>
            {decided.arms.map((arm, index) => (
              <ThenRow key={view.experiment.alternatives[index]?.name} {...{ view, decided, arm, index }} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {notesThen(decided).map((note) => (
        <p class="muted small spaced" key={note}>
          {note}
        </p>
      ))}
      <p class="muted small spaced">
        Everybody has got {decided.winner} since, so what came later compares nothing.{" "}
        {view.experiment.archived
          ? "The figures below hold all that came until the archive closed them."
          : "The figures below go on counting the conversions of those who took part."}
      </p>
    </section>
  );
}

interface ThenRowProps {
  readonly view: ExperimentView;
  readonly decided: Decided;
  readonly arm: DecidedArm;
  readonly index: number;
}

function ThenRow({ view, decided, arm, index }: ThenRowProps) {
  const name = view.experiment.alternatives[index]?.name;
  const figure = figureThen(view.experiment, decided);
  const now = view.analysis.report.arms[index]?.participants ?? 0;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number" data-label="Visitors then">
        {count(arm.participants)}
      </td>
      <td class="number" data-label={figure.isMean ? "Mean then" : "Rate then"}>
        {valueText(arm.figure, figure)}
        {figure.isMean ? <span class="under">{besideThen(arm, figure)}</span> : null}
      </td>
      <td data-label={effectHeadThen(decided)}>
        {effectThen(arm, figure) ?? (index === 0 ? "the baseline" : "too early")}
      </td>
      <td class="number" data-label="Visitors since">
        {count(Math.max(0, now - arm.participants))}
      </td>
    </tr>
  );
}

function effectHeadThen({ arms }: Decided): string {
  return `${effectHead(arms.some(({ uplift }) => uplift?.estimate != null) ? "relative" : "absolute")} then`;
}

/** Of those who converted, whatever decided. */
export function rateThen({ participants, conversions }: DecidedArm): number | null {
  return participants === 0 ? null : conversions / participants;
}

/** `12.50 € per conversion, rate 19.2%`, which stands beside a mean; empty beside a rate. */
export function besideThen(arm: DecidedArm, figure: Figure): string {
  const average = averageText(arm.average ?? null, figure.unit);
  return [average, besideText(rateThen(arm), figure)].filter(Boolean).join(", ");
}

export function figureThen(experiment: Experiment, { kpi, decidesOn }: Pick<Decided, "kpi" | "decidesOn">): Figure {
  return { isMean: decidesOn === "means", unit: kpiOf(experiment, kpi).unit };
}

/** `null` where there was nothing to compare, or too little. */
export function effectThen({ uplift: share, difference }: DecidedArm, figure: Figure): string | null {
  if (share !== null && share.estimate !== null) return `${uplift(share.estimate, share)} (${upliftRange(share)})`;
  if (difference === null) return null;
  return `${effectText(difference.estimate, "absolute", figure)} (${effectRange(difference, "absolute", figure)})`;
}
