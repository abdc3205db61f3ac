/** The form that makes an experiment, or changes one that nobody has taken part in. */
import type { ComponentChildren } from "preact";
import type { Layer } from "../../../domain/layer.ts";
import type { PlannedSize } from "../../../domain/plan.ts";
import type { NewExperiment } from "../../../service/administer/new-experiment.ts";
import { Choice } from "../ui/choice.tsx";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { LayerFields, LayerHelp } from "../ui/layer-fields.tsx";
import { PlanSize } from "../ui/plan-size.tsx";
import { AboutFields } from "./experiment/about-section.tsx";
import { COUNTED_LABELS } from "./experiment/kpi-forms.tsx";

interface NewPageProps {
  readonly action: string;
  /** Where giving up leads. */
  readonly back: string;
  readonly texts: NewExperiment;
  readonly problems: FieldWords;
  /** Of all experiments. */
  readonly layers: readonly Layer[];
  /** What the plan takes; `undefined` without one. */
  readonly size: PlannedSize | undefined;
  /** A draft keeps its name. */
  readonly isNamed: boolean;
  /** Names the draft that the form shows; sent along. */
  readonly seen?: string | undefined;
  /** That somebody else has changed the draft since it was shown, and who. */
  readonly conflict?: string | undefined;
}

/** What is wrong with each field, in words for people. */
type FieldWords = Readonly<Partial<Record<keyof NewExperiment, string>>>;

const LABELS: Readonly<Record<keyof NewExperiment, string>> = {
  name: "Name",
  hypothesis: "Hypothesis",
  owner: "Owner",
  tags: "Tags",
  ticket: "Link to the ticket",
  alternatives: "Alternatives",
  traffic: "Visitors who take part",
  layer: "Layer",
  slice: "Layer",
  kpis: "KPIs",
  baseline: "Plan",
  uplift: "Plan",
};

/** The heading under which a field stands that has none of its own. */
const PART_OF: Readonly<Partial<Record<keyof NewExperiment, keyof NewExperiment>>> = {
  ...{ hypothesis: "name", owner: "name", tags: "name", ticket: "name" },
  ...{ traffic: "alternatives", layer: "alternatives", slice: "alternatives", uplift: "baseline" },
};

export function NewPage({ action, back, texts, problems, layers, size, isNamed, seen, conflict }: NewPageProps) {
  // In the order of the form.
  const told = (Object.keys(LABELS) as readonly (keyof NewExperiment)[]).flatMap((field) => {
    const problem = problems[field];
    return problem === undefined ? [] : [{ field, problem }];
  });
  return (
    <form class="new" method="post" action={action}>
      <CsrfField />
      {seen === undefined ? null : <HiddenFields fields={{ seen }} />}
      {conflict === undefined ? null : (
        <div class="notice notice-warning" role="alert">
          <p>
            <strong>Not saved yet.</strong> {conflict} Look at <a href={back}>the draft as it is now</a>. Saved again,
            yours takes its place.
          </p>
        </div>
      )}
      {/* What Enter presses. */}
      <button class="hidden" type="submit" name="do" value="make" tabIndex={-1} aria-hidden="true" />
      {told.length === 0 ? null : (
        <div class="notice notice-warning" role="alert">
          <p>
            <strong>Not made yet.</strong> Nothing of what you typed is lost.
          </p>
          <ul>
            {told.map(({ field, problem }) => (
              <li key={field}>
                <a href={`#new-${PART_OF[field] ?? field}`}>{LABELS[field]}</a>: {problem}
              </li>
            ))}
          </ul>
        </div>
      )}
      <AboutPart texts={texts} problems={problems} isNamed={isNamed} />
      <AlternativesPart texts={texts} problems={problems} layers={layers} />
      <KpisPart texts={texts} problems={problems} />
      <SizePart texts={texts} problems={problems} size={size} />
      <p class="buttons">
        <button class="primary" type="submit" name="do" value="make">
          {isNamed ? "Save the draft" : "Make the experiment"}
        </button>
        <a class="button" href={back}>
          Cancel
        </a>
        <span class="muted small">It stays a draft, free to be changed, until the first visitor takes part.</span>
      </p>
    </form>
  );
}

function AboutPart({ texts, problems, isNamed }: Pick<NewPageProps, "texts" | "problems" | "isNamed">) {
  return (
    <Part field="name" heading="What is tested" problems={problems}>
      {isNamed ? (
        <input type="hidden" name="name" value={texts.name} />
      ) : (
        <label class="field">
          Name, as your code will call it
          <input name="name" value={texts.name} {...plainText} {...about(problems, "name")} />
        </label>
      )}
      <AboutFields about={texts} />
      {(["hypothesis", "owner", "tags", "ticket"] as const).map((field) => (
        <FieldProblem key={field} field={field} problems={problems} />
      ))}
    </Part>
  );
}

function AlternativesPart({ texts, problems, layers }: Pick<NewPageProps, "texts" | "problems" | "layers">) {
  return (
    <Part field="alternatives" heading="Alternatives" problems={problems}>
      <p class="muted small">
        The first one is the control: what visitors see today. Without weights all get the same share.
      </p>
      {texts.alternatives.map(({ name, weight }, at) => (
        <div class="fields" key={`alternative ${at}`}>
          <label class="field grow">
            {at === 0 ? "Control" : `Alternative ${at + 1}`}
            <input name={`alternative_${at + 1}`} value={name} {...plainText} {...about(problems, "alternatives")} />
          </label>
          <label class="field">
            Weight
            <input name={`weight_${at + 1}`} value={weight} inputMode="decimal" size={6} />
          </label>
        </div>
      ))}
      <p>
        <button type="submit" name="do" value="alternative">
          Add an alternative
        </button>
      </p>
      <div class="fields">
        <label class="field">
          Visitors who take part, in %
          <input name="traffic" value={texts.traffic} inputMode="decimal" size={6} {...about(problems, "traffic")} />
        </label>
      </div>
      <FieldProblem field="traffic" problems={problems} />
      <details open={texts.layer !== "" || problems.layer !== undefined}>
        <summary>
          Layer <span class="muted small">Share no visitor with some other experiments</span>
        </summary>
        <div class="stack">
          <LayerHelp layers={layers} />
          <FieldProblem field="layer" problems={problems} />
          <div class="fields">
            <LayerFields layer={texts.layer} slice={texts.slice} />
          </div>
        </div>
      </details>
    </Part>
  );
}

function KpisPart({ texts, problems }: Pick<NewPageProps, "texts" | "problems">) {
  return (
    <Part field="kpis" heading="What shows success" problems={problems}>
      <p class="muted small">The KPI in the first row decides. Left empty, conversions without a name count.</p>
      {texts.kpis.map(({ name, counts, better }, at) => (
        <div class="fields" key={`kpi ${at}`}>
          <label class="field grow">
            KPI
            <input name={`kpi_${at + 1}`} value={name} {...plainText} {...about(problems, "kpis")} />
          </label>
          <Choice name={`counts_${at + 1}`} label="It counts" choices={COUNTED_LABELS} chosen={counts} />
          <Choice
            name={`better_${at + 1}`}
            label="Better is"
            choices={{ higher: "more", lower: "less" }}
            chosen={better}
          />
        </div>
      ))}
      <p>
        <button type="submit" name="do" value="kpi">
          Add a KPI
        </button>
      </p>
    </Part>
  );
}

function SizePart({ texts, problems, size }: Pick<NewPageProps, "texts" | "problems" | "size">) {
  return (
    <Part field="baseline" heading="How many visitors it takes" problems={problems}>
      <p class="muted small">May be left empty, and filled in on the page of the experiment later.</p>
      <div class="fields">
        <label class="field">
          Conversion rate now, in %
          <input name="baseline" value={texts.baseline} inputMode="decimal" size={8} {...about(problems, "baseline")} />
        </label>
        <label class="field">
          Smallest change that matters, in %
          <input name="uplift" value={texts.uplift} inputMode="decimal" size={8} {...about(problems, "baseline")} />
        </label>
        <button type="submit" name="do" value="work-out">
          Work it out
        </button>
      </div>
      {size === undefined ? null : (
        <div role="status">
          <PlanSize participants={size.participants} power={size.power} daysLeft={undefined} />
        </div>
      )}
    </Part>
  );
}

const plainText = { autocomplete: "off", autocapitalize: "none", spellcheck: false } as const;

/** Ties a field to what is wrong with it. */
function about(problems: FieldWords, field: keyof NewExperiment) {
  return problems[field] === undefined ? {} : { "aria-invalid": true, "aria-describedby": `problem-${field}` };
}

function FieldProblem({ field, problems }: { readonly field: keyof NewExperiment; readonly problems: FieldWords }) {
  const problem = problems[field];
  return problem === undefined ? null : (
    <p class="field-problem" id={`problem-${field}`}>
      {problem}
    </p>
  );
}

interface PartProps {
  readonly field: keyof NewExperiment;
  readonly heading: string;
  readonly problems: FieldWords;
  readonly children: ComponentChildren;
}

function Part({ field, heading, problems, children }: PartProps) {
  return (
    <section class="section" aria-labelledby={`new-${field}`}>
      <div class="section-head">
        <h2 id={`new-${field}`}>{heading}</h2>
      </div>
      <div class="panel padded stack">
        <FieldProblem field={field} problems={problems} />
        {children}
      </div>
    </section>
  );
}
