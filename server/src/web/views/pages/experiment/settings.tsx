/** Description, traffic and weights. A change of the last two begins a new epoch, and says so before. */
import type { ComponentChildren } from "preact";
import { currentEpoch, type Experiment } from "../../../../domain/experiment.ts";
import { type Kpi, kpisOf } from "../../../../domain/kpi.ts";
import { isLearning } from "../../../../domain/policy/policies.ts";
import { DIMENSIONS_MAX, dimensionText } from "../../../../domain/segments.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl } from "../../../http/urls.ts";
import { share } from "../../ui/format.ts";
import { CsrfField, HiddenFields } from "../../ui/hidden-fields.tsx";
import { AddForm, TrafficForm, WEIGHTS_ID, WeightsForm, weightFieldId } from "../sharing-forms.tsx";
import { AboutForm } from "./about-section.tsx";
import { KpiForms } from "./kpi-forms.tsx";

/** The field for the weight of an alternative that takes part, or what stands in its place. */
export function weightId(experiment: Experiment, index: number): string {
  return isLearning(currentEpoch(experiment).policy) ? WEIGHTS_ID : weightFieldId(index);
}

export function Settings({ experiment, kpi }: { readonly experiment: Experiment; readonly kpi: Kpi }) {
  const { can } = useCurrentUser();
  const { trafficFraction, policy } = currentEpoch(experiment);
  if (!can("editor")) return null;
  return (
    <section class="section" aria-labelledby="settings-title">
      <div class="section-head">
        <h2 id="settings-title">Settings</h2>
      </div>
      <div class="panel">
        <Fold title="Description, hypothesis and owner" says={saidText(experiment)}>
          <form class="stack" method="post" action={actionUrl(experiment.name, "description")}>
            <CsrfField />
            <label class="field">
              Description (Markdown)
              <textarea name="description" rows={5} value={experiment.description ?? ""} />
            </label>
            <div>
              <button type="submit">Save description</button>
            </div>
          </form>
          <AboutForm experiment={experiment} />
        </Fold>
        <Fold title="Traffic, weights and alternatives" says={`${share(trafficFraction)} of visitors`}>
          <TrafficForm experiment={experiment} />
          {isLearning(policy) ? (
            <p id={WEIGHTS_ID} class="muted small">
              A bandit sets the weights of this experiment.
            </p>
          ) : (
            <WeightsForm experiment={experiment} />
          )}
          <AddForm experiment={experiment} />
          <p class="muted small">
            A change is for new visitors: whoever has an alternative keeps it, whoever was left out stays out, and
            alternatives are compared within each stretch of days.{" "}
            <a href={actionUrl(experiment.name, "share")}>Layer, bandit and alternatives</a>
          </p>
        </Fold>
        <Fold
          title="KPIs"
          says={kpisOf(experiment)
            .map(({ label }) => label)
            .join(", ")}
        >
          <KpiForms experiment={experiment} shown={kpi} />
        </Fold>
        <Fold title="Segments" says={(experiment.dimensions ?? []).map(({ name }) => name).join(", ")}>
          <SegmentsForm experiment={experiment} />
        </Fold>
        <Fold title="Schedule and webhooks" says={experiment.muted === true ? "muted for webhooks" : ""}>
          <MuteForm experiment={experiment} />
          {experiment.schedule === undefined ? (
            <p class="muted small">
              It runs until somebody ends it. <a href={actionUrl(experiment.name, "schedule")}>Set a schedule</a>
            </p>
          ) : null}
        </Fold>
      </div>
    </section>
  );
}

interface FoldProps {
  readonly title: string;
  /** What is set, so that one need not open it to see. */
  readonly says: string;
  readonly children: ComponentChildren;
}

function Fold({ title, says, children }: FoldProps) {
  return (
    <details class="fold">
      <summary>
        {title} <span class="fold-says">{says}</span>
      </summary>
      <div class="stack padded">{children}</div>
    </details>
  );
}

function saidText({ description, about }: Experiment): string {
  if (about?.hypothesis !== undefined) return about.hypothesis;
  return description === null ? "Add a hypothesis: what is expected, and why" : "";
}

function SegmentsForm({ experiment: { name, dimensions = [] } }: { readonly experiment: Experiment }) {
  return (
    <form class="stack" method="post" action={actionUrl(name, "segments")}>
      <CsrfField />
      {dimensions.length === 0 ? null : <p>Told apart by {dimensions.map(dimensionText).join(", ")}</p>}
      <label class="field">
        {"Tell visitors apart by, with commas: device, browser, or your own as plan=free|pro"}
        <input name="segments" required autocomplete="off" autocapitalize="none" spellcheck={false} />
      </label>
      <p class="muted small">
        For visitors who join from now on, and not to be taken away again. At most {DIMENSIONS_MAX}: each is as many
        more questions as it has values. Device and browser are read from user_agent; send your own with /participate,
        as segment.plan=pro.
      </p>
      <div>
        <button type="submit">Add segments</button>
      </div>
    </form>
  );
}

function MuteForm({ experiment }: { readonly experiment: Experiment }) {
  const { name } = experiment;
  const muted = experiment.muted === true;
  return (
    <form class="fields" method="post" action={actionUrl(name, "mute")}>
      <CsrfField />
      <HiddenFields fields={{ muted: String(!muted) }} />
      <button type="submit">{muted ? "Tell webhooks again" : "Mute for webhooks"}</button>
    </form>
  );
}
