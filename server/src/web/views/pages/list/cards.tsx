/** The list as cards: fewer on a screen, with the verdict in words. */
import { saidOf, stateOf } from "../../../../domain/experiment.ts";
import { shownName } from "../../../../lib/shown-name.ts";
import type { ExperimentSummary } from "../../../../service/analysis/summary.ts";
import type { OverviewRow } from "../../../../service/report/overview.ts";
import { InTurns } from "../../../http/page-steps.ts";
import { experimentUrl } from "../../../http/urls.ts";
import type { Axis } from "../../charts/interval-bar.tsx";
import { Sparkline } from "../../charts/sparkline.tsx";
import { HealthMark, IntakeChip, StateChip } from "../../ui/chips.tsx";
import { dayAgo, rate, shortCount } from "../../ui/format.ts";
import { Signed, splitSentence, toneOf } from "../../ui/verdict-mark.tsx";
import { ConcernOrProgress, DraftChip, figure, LeaderCell, NextStep, Said, sparkLabel } from "./row.tsx";

interface CardsProps {
  readonly rows: readonly OverviewRow[];
  readonly axis: Axis;
  readonly kpi: string | null;
}

export function Cards({ rows, axis, kpi }: CardsProps) {
  return (
    <ul class="cards">
      <InTurns>
        {rows.map((row) => (
          <li key={row.experiment.name} class="panel card">
            <Card row={row} axis={axis} kpi={kpi} />
          </li>
        ))}
      </InTurns>
    </ul>
  );
}

function Card({ row: { experiment, figures }, axis, kpi }: Omit<CardsProps, "rows"> & { readonly row: OverviewRow }) {
  const { name } = experiment;
  return (
    <article>
      <div class="card-head">
        <h2>
          <a href={experimentUrl(name, kpi ?? undefined)}>{shownName(name)}</a>
        </h2>
        <span class="chips">
          <StateChip state={stateOf(experiment)} />
          <IntakeChip experiment={experiment} />
          <DraftChip experiment={experiment} figures={figures} />
          <NextStep figures={figures} />
        </span>
      </div>
      <p class="card-said">
        <Said experiment={experiment} />
      </p>
      {figures.kind === "failed" ? (
        <p>
          <HealthMark word="error" /> {figures.message}
        </p>
      ) : (
        <>
          <CardVerdict experiment={experiment} verdict={figures.summary.verdict} />
          <div class="card-effect">
            <LeaderCell leader={figures.summary.leader} axis={axis} />
            <Sparkline values={figures.summary.sparkline} label={sparkLabel(figures.summary)} />
          </div>
          <dl class="pairs">
            <Pair term={controlTerm(figures.summary)} value={figure(figures.summary, figures.summary.control.figure)} />
            {figures.summary.control.average === null ? null : (
              <Pair
                term="Its average per conversion"
                value={figure(figures.summary, figures.summary.control.average)}
              />
            )}
            {figures.summary.mean === null ? null : <Pair term="Its rate" value={rate(figures.summary.control.rate)} />}
            <Pair term="Visitors" value={shortCount(figures.summary.participants)} />
            <Pair term="Last activity" value={dayAgo(figures.summary.lastActivityDay, figures.today)} />
          </dl>
          <div class="card-foot">
            <ConcernOrProgress experiment={experiment} figures={figures} />
          </div>
        </>
      )}
    </article>
  );
}

/** As the banner says it; with a winner, what the data said when that was set. */
function CardVerdict({ experiment, verdict }: Pick<OverviewRow, "experiment"> & Pick<ExperimentSummary, "verdict">) {
  const { winner } = experiment;
  const [lead, rest] = splitSentence(saidOf(experiment, verdict).sentence);
  return (
    <p class="card-verdict">
      <Signed tone={toneOf(experiment, verdict)}>
        <strong>{winner === null ? lead : `Decided: ${winner}.`}</strong>
      </Signed>
      {winner === null ? "" : ` ${lead}`}
      {rest}
    </p>
  );
}

function controlTerm({ mean, isPooled }: ExperimentSummary): string {
  return ["Control", ...(mean === null ? [] : [mean.label]), ...(isPooled ? ["pooled"] : [])].join(", ");
}

function Pair({ term, value }: { readonly term: string; readonly value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}
