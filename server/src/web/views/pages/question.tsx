/** What every question before an act is made of: the whole of its page, or of a dialog. */
import type { ComponentChildren } from "preact";
import type { Experiment } from "../../../domain/experiment.ts";
import { actionUrl, experimentUrl } from "../../http/urls.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";

export function Question({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="panel confirm" data-dialog-content>
      {children}
    </div>
  );
}

interface PlainFormProps {
  readonly experiment: Experiment;
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Fields to fill in. */
  readonly more?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function PlainForm({ experiment, action, fields, more, children }: PlainFormProps) {
  return (
    <form method="post" action={actionUrl(experiment.name, action)}>
      <CsrfField />
      <HiddenFields fields={fields} />
      {more}
      <Buttons experiment={experiment}>{children}</Buttons>
    </form>
  );
}

interface ButtonsProps {
  readonly experiment: Experiment;
  readonly danger?: boolean;
  readonly children: ComponentChildren;
}

export function Buttons({ experiment, danger = false, children }: ButtonsProps) {
  return (
    <p class="buttons">
      <button type="submit" class={danger ? "danger" : "primary"}>
        {children}
      </button>{" "}
      <Cancel experiment={experiment} />
    </p>
  );
}

/** A link, so that it leads back without JavaScript; a dialog closes on it instead. */
export function Cancel({ experiment }: { readonly experiment: Experiment }) {
  return (
    <a class="button" href={experimentUrl(experiment.name)} data-dialog-cancel>
      Cancel
    </a>
  );
}
