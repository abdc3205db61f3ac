/** A form that would override what a repository says: with what was filled in, and a button that means it. */
import { OVERRIDE_FIELD, type SentField } from "../../http/form.ts";
import type { Screen } from "../layout.tsx";
import { CsrfField, HiddenFields, SentFields } from "../ui/hidden-fields.tsx";
import { Problem } from "../ui/problem.tsx";

interface OverridingForm {
  readonly path: string;
  /** What its button says. */
  readonly label: string;
  readonly fields: readonly SentField[];
  /** Where its page is. */
  readonly back: string;
}

export function overrideScreen({ path, label, fields, back }: OverridingForm): Screen {
  const content = (
    <form class="panel confirm" method="post" action={path}>
      <Problem>
        Nothing was changed yet: a file in a repository says how this experiment is set up. Change that file, too, or
        the next <code>sixpack apply</code> takes this change back.
      </Problem>
      <CsrfField />
      <SentFields fields={fields} />
      <HiddenFields fields={{ [OVERRIDE_FIELD]: "true" }} />
      <p class="buttons">
        <button type="submit" class="primary">
          {label} all the same
        </button>
        <a class="button" href={back}>
          Back
        </a>
      </p>
    </form>
  );
  return { title: "Managed by a repository", content };
}
