/** One experiment: what to do first, then what led to it, then everything around. */
import { activeIndexes } from "../../../../domain/epochs.ts";
import { alternativeName } from "../../../../domain/experiment.ts";
import { shownName } from "../../../../lib/shown-name.ts";
import { isDraft } from "../../../../service/administer/make-draft.ts";
import { InTurns } from "../../../http/page-steps.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { Layout } from "../../layout.tsx";
import { Markdown } from "../../ui/markdown.tsx";
import { Snippets } from "../../ui/snippets.tsx";
import { About } from "./about-section.tsx";
import { Banner } from "./banner.tsx";
import { Contents } from "./contents.tsx";
import { DecisionRecord } from "./decision-record.tsx";
import { DraftNotice } from "./draft-notice.tsx";
import { Exports } from "./exports.tsx";
import { Findings } from "./findings.tsx";
import { Facts, HeadActions, Neighbours } from "./head.tsx";
import { ProgressSection } from "./plan-progress.tsx";
import { ActivitySection } from "./recent-activity.tsx";
import { ResetNotice } from "./reset-notice.tsx";
import { RangeNotice } from "./results.tsx";
import { ScheduleSection } from "./schedule-section.tsx";
import { Settings } from "./settings.tsx";

interface ExperimentPageProps {
  readonly view: ExperimentView;
  readonly apiUrl: string;
}

export function ExperimentPage({ view, apiUrl }: ExperimentPageProps) {
  const { experiment, kpi } = view;
  const alternatives = activeIndexes(experiment).map((index) => alternativeName(experiment, index));
  const draft = isDraft(experiment, view.analysis.days.lastActivity !== null);
  // Two sections: where the first visitor comes while the page is open, the one leaves and the other comes.
  const codeTitle = draft ? "first-code-title" : "code-title";
  const code = (
    <section class="section" id="code" aria-labelledby={codeTitle}>
      <div class="section-head">
        <h2 id={codeTitle}>Use it in code</h2>
      </div>
      {alternatives.length < 2 ? (
        <p class="muted">A call names at least two alternatives, and this experiment has one that takes visitors.</p>
      ) : (
        <Snippets
          apiUrl={apiUrl}
          experiment={experiment.name}
          alternatives={alternatives}
          kpi={kpi.name}
          isOpen={draft}
        />
      )}
    </section>
  );
  return (
    <Layout
      title={shownName(experiment.name)}
      watch={`experiment:${experiment.name}`}
      aside={<HeadActions experiment={experiment} />}
    >
      <InTurns>
        <Facts view={view}>
          <Neighbours experiment={experiment} />
        </Facts>
        <About experiment={experiment} />
        {experiment.description === null ? null : <Markdown text={experiment.description} />}
        {draft ? <DraftNotice experiment={experiment} /> : null}
        {draft ? code : null}
        <ResetNotice view={view} />
        <RangeNotice view={view} />
        <Banner view={view} />
        <DecisionRecord view={view} />
        <ProgressSection view={view} />
        <ScheduleSection view={view} />
        <Contents view={view} />
        <Findings view={view} />
        <Settings experiment={experiment} kpi={kpi} />
        {draft ? null : code}
        <Exports view={view} />
        <ActivitySection view={view} />
      </InTurns>
    </Layout>
  );
}
