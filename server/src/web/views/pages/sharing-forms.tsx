/** Forms for traffic, weights and another alternative, on the page of an experiment and on that of its sharing. */
import type { ComponentChildren } from "preact";
import { activeIndexes } from "../../../domain/epochs.ts";
import { alternativeName, currentEpoch, type Experiment } from "../../../domain/experiment.ts";
import { ruleOf } from "../../../domain/policy/policies.ts";
import { percentOf } from "../../../domain/traffic.ts";
import { actionUrl } from "../../http/urls.ts";
import { CsrfField } from "../ui/hidden-fields.tsx";

/** Where traffic, weights and alternatives are set: a link to a field opens the fold that it lies in, and one types at once. */
export const TRAFFIC_ID = "set-traffic";
export const WEIGHTS_ID = "set-weights";
export const ADD_ID = "add-alternative";

/** @param index position of an alternative that takes part */
export function weightFieldId(index: number): string {
  return `${WEIGHTS_ID}-${index}`;
}

interface ExperimentProps {
  readonly experiment: Experiment;
}

interface TrafficFormProps extends ExperimentProps {
  /** Id of the text that explains the field. */
  readonly describedBy?: string;
}

export function TrafficForm({ experiment, describedBy }: TrafficFormProps) {
  return (
    <>
      <ShareForm experiment={experiment} action="traffic" label="Set traffic">
        <NumberField
          id={TRAFFIC_ID}
          name="traffic_percent"
          label="Visitors who take part, in percent"
          value={percentOf(currentEpoch(experiment).trafficFraction)}
          describedBy={describedBy}
        />
      </ShareForm>
      <TrafficHold experiment={experiment} />
    </>
  );
}

/** Who decides the traffic, and the way to give it back. */
function TrafficHold({ experiment }: ExperimentProps) {
  if (experiment.trafficHeld !== true) {
    return (
      <p class="muted small">
        Calls that name a <code>traffic_fraction</code>, as some client libraries do unasked, change it too, until you
        set it here.
      </p>
    );
  }
  return (
    <>
      <p class="muted small">
        It was set here, so calls that name a <code>traffic_fraction</code> don't change it.
      </p>
      <ShareForm experiment={experiment} action="traffic/release" label="Let calls change the traffic" />
    </>
  );
}

export function WeightsForm({ experiment }: ExperimentProps) {
  const { weights } = currentEpoch(experiment);
  return (
    <ShareForm experiment={experiment} action="weights" label="Set weights">
      {activeIndexes(experiment).map((index) => (
        <NumberField
          key={index}
          id={weightFieldId(index)}
          name="weights"
          label={`Weight of ${alternativeName(experiment, index)}`}
          value={weights === null ? 1 : percentOf(weights[index] ?? 0)}
        />
      ))}
    </ShareForm>
  );
}

interface NumberFieldProps {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly value: number;
  readonly describedBy?: string | undefined;
}

function NumberField({ label, value, describedBy, ...field }: NumberFieldProps) {
  return (
    <label class="field">
      {label}
      <input
        {...field}
        type="text"
        inputMode="decimal"
        size={8}
        value={String(value)}
        required
        aria-describedby={describedBy}
      />
    </label>
  );
}

/** The form for the name of another alternative, and what comes of it. */
export function AddForm({ experiment }: ExperimentProps) {
  const { policy } = currentEpoch(experiment);
  return (
    <>
      <ShareForm experiment={experiment} action="alternatives" label="Add alternative">
        <label class="field">
          Another alternative{" "}
          <input
            id={ADD_ID}
            name="alternative"
            required
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="share-add-help"
          />
        </label>
      </ShareForm>
      <p id="share-add-help" class="muted small">
        A new alternative gets visitors from now on
        {ruleOf(policy).weightsByPeople ? ", and all get equal shares until you set weights" : ""}. Until your pages
        name it in their calls, their new visitors see the control and are not counted.
      </p>
    </>
  );
}

interface ShareFormProps extends ExperimentProps {
  /** End of its path. */
  readonly action: string;
  readonly label: string;
  readonly children?: ComponentChildren;
}

export function ShareForm({ experiment, action, label, children }: ShareFormProps) {
  return (
    <form class="fields" method="post" action={actionUrl(experiment.name, action)}>
      <CsrfField />
      {children}
      <button type="submit">{label}</button>
    </form>
  );
}
