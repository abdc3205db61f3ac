/** The page of all that decides who gets which alternative. People call an epoch a stretch of days. */
import type { ComponentChildren } from "preact";
import { retirableIndexes } from "../../../domain/epochs.ts";
import { alternativeName, currentEpoch, type Experiment } from "../../../domain/experiment.ts";
import { type Layer, slicePercents } from "../../../domain/layer.ts";
import { CHOSEN_BY_NAME, isLearning, ruleOf } from "../../../domain/policy/policies.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { experimentUrl, retireUrl } from "../../http/urls.ts";
import { LayerFields, LayerHelp } from "../ui/layer-fields.tsx";
import { Problem } from "../ui/problem.tsx";
import { AddForm, ShareForm, TrafficForm, WeightsForm } from "./sharing-forms.tsx";

interface ShareFormsProps extends ExperimentProps {
  /** Of all experiments. */
  readonly layers: readonly Layer[];
  /** What was wrong with the form sent last; `undefined` when nothing was. */
  readonly problem?: string | undefined;
}

interface ExperimentProps {
  readonly experiment: Experiment;
}

/** All of them; nothing for visitors who may not change the experiment. */
export function ShareForms({ experiment, layers, problem }: ShareFormsProps) {
  if (!useCurrentUser().can("editor")) return null;
  return (
    <div class="share-forms">
      <Problem>{problem}</Problem>
      <p>
        Every visitor who has an alternative keeps it. A change is for new visitors, and begins a new stretch of days:
        alternatives are compared within each stretch.
      </p>
      <Traffic experiment={experiment} />
      <LayerForm experiment={experiment} layers={layers} />
      <PolicyForm experiment={experiment} />
      <Weights experiment={experiment} />
      <Section heading="Add an alternative">
        <AddForm experiment={experiment} />
      </Section>
      <RetireForms experiment={experiment} />
      <p>
        <a class="button" href={experimentUrl(experiment.name)}>
          Back to {shownName(experiment.name)}
        </a>
      </p>
    </div>
  );
}

function Traffic({ experiment }: ExperimentProps) {
  return (
    <Section heading="Traffic">
      <p id="share-traffic-help">
        How many of the new visitors take part; all others see the control. Whoever was left out stays out when it is
        raised, having seen the control, and whoever takes part stays in when it is lowered. To take in everybody anew,
        reset the experiment.
      </p>
      <TrafficForm experiment={experiment} describedBy="share-traffic-help" />
    </Section>
  );
}

function LayerForm({ experiment, layers }: ShareFormsProps) {
  const { slice } = currentEpoch(experiment);
  return (
    <Section heading="Layer">
      <LayerHelp layers={layers} />
      <ShareForm experiment={experiment} action="layer" label="Set layer">
        <LayerFields layer={slice?.layer ?? ""} slice={slicePercents(slice)} />
      </ShareForm>
    </Section>
  );
}

function PolicyForm({ experiment }: ExperimentProps) {
  const { policy } = currentEpoch(experiment);
  const inForce = ruleOf(policy);
  // What an answer tells of it; a policy that is not in force has its first options chosen.
  const settings = new Map<string, unknown>(Object.entries(policy));
  return (
    <Section heading="Who gets how many">
      <p>
        {CHOSEN_BY_NAME.map(({ about }) => about).join(" ")}
        {inForce.weightsByPeople ? " At present the weights below are in force." : ""}
      </p>
      <ShareForm experiment={experiment} action="policy" label="Set it">
        <label class="field">
          Visitors go by{" "}
          <select name="policy">
            {CHOSEN_BY_NAME.map(({ kind, label }) => (
              <option key={kind} value={kind} selected={kind === policy.kind}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {CHOSEN_BY_NAME.flatMap(({ choices }) => Object.entries(choices)).map(([field, { label, options }]) => (
          <label key={field} class="field">
            {label}{" "}
            <select name={field}>
              {Object.entries(options).map(([value, words]) => (
                <option key={value} value={value} selected={settings.get(field) === value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        ))}
      </ShareForm>
    </Section>
  );
}

function Weights({ experiment }: ExperimentProps) {
  return (
    <Section heading="Weights">
      <p>
        Numbers on any scale, none negative. Equal ones are equal shares.
        {isLearning(currentEpoch(experiment).policy) ? " Setting weights ends the bandit." : ""}
      </p>
      <WeightsForm experiment={experiment} />
    </Section>
  );
}

function RetireForms({ experiment }: ExperimentProps) {
  const retirable = retirableIndexes(experiment);
  return (
    <Section heading="Retire an alternative">
      <p>
        It gets no new visitors. Those who have it keep it, and it stays in the results.
        {retirable.length === 0 ? " The control, a winner and the last two alternatives stay." : ""}
      </p>
      <div class="buttons">
        {retirable.map((index) => {
          const name = alternativeName(experiment, index);
          return (
            <a key={name} class="button" href={retireUrl(experiment.name, name)} data-dialog>
              Retire {name}
            </a>
          );
        })}
      </div>
    </Section>
  );
}

function Section({ heading, children }: { readonly heading: string; readonly children: ComponentChildren }) {
  const id = `share-${heading.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section class="section" aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id}>{heading}</h2>
      </div>
      <div class="panel padded stack">{children}</div>
    </section>
  );
}
