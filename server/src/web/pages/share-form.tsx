/** What every form on the page of sharing out looks like. */
import type { ComponentChildren } from "preact";
import type { Experiment } from "../../domain/experiment.ts";
import { actionUrl } from "../urls.ts";
import { CsrfField } from "./visitor.tsx";

export function Section({ heading, children }: { readonly heading: string; readonly children: ComponentChildren }) {
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

/** Who decides the traffic, and the way to give it back; below the form that sets it. */
export function TrafficHold({ experiment }: { readonly experiment: Experiment }) {
  if (experiment.trafficHeld !== true) {
    return (
      <p class="muted small">
        Calls that name a <code>traffic_fraction</code>, which some clients do unasked, change it too, until you set it
        here.
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

interface ShareFormProps {
  readonly experiment: Experiment;
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
