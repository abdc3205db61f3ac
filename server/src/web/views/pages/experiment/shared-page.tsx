/** One experiment for people who have a link and no login: what it shows, and no way to anything else. */
import { shownName } from "../../../../lib/shown-name.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { Layout } from "../../layout.tsx";
import { date } from "../../ui/format.ts";
import { Markdown } from "../../ui/markdown.tsx";
import { About } from "./about-section.tsx";
import { Banner } from "./banner.tsx";
import { DecisionRecord } from "./decision-record.tsx";
import { Findings } from "./findings.tsx";
import { Facts, HeadActions } from "./head.tsx";
import { ProgressSection } from "./plan-progress.tsx";
import { RangeNotice } from "./results.tsx";
import { ScheduleSection } from "./schedule-section.tsx";

interface SharedPageProps {
  readonly view: ExperimentView;
  readonly expiresAtMs: number;
}

function SharedAside({ view: { experiment, root } }: { readonly view: ExperimentView }) {
  return (
    <>
      <HeadActions experiment={experiment} />
      <span class="buttons end">
        <a class="button" href={`${root}readout`}>
          Readout
        </a>
      </span>
    </>
  );
}

export function SharedPage({ view, expiresAtMs }: SharedPageProps) {
  const { experiment } = view;
  return (
    <Layout title={shownName(experiment.name)} aside={<SharedAside view={view} />}>
      <Facts view={view} />
      <About experiment={experiment} />
      {experiment.description === null ? null : <Markdown text={experiment.description} />}
      <RangeNotice view={view} />
      <Banner view={view} />
      <DecisionRecord view={view} />
      <ProgressSection view={view} />
      <ScheduleSection view={view} />
      <Findings view={view} />
      <p class="muted small spaced">
        You read this by a link that somebody shared. It opens until {date(expiresAtMs)}, and shows this experiment
        only.
      </p>
    </Layout>
  );
}
