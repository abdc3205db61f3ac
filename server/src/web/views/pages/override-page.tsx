/** A form that would override what a repository says: with what was filled in, and a button that means it. */
import { CSRF_FIELD } from "../../http/form.ts";
import type { Screen } from "../layout.tsx";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { Problem } from "../ui/problem.tsx";

/** The field by which a form says that it is meant. */
export const OVERRIDE_FIELD = "override_repo";

interface OverridingForm {
  readonly path: string;
  /** What its button says. */
  readonly label: string;
  /** As it was sent: a field may stand there several times. */
  readonly body: unknown;
  /** Where its page is. */
  readonly back: string;
}

export function overrideScreen({ path, label, body, back }: OverridingForm): Screen {
  const content = (
    <form class="panel" method="post" action={path}>
      <Problem>
        Nothing was changed yet: a file in a repository has the say over this experiment. Change the file, too: the next
        `sixpack apply` takes back what it says otherwise.
      </Problem>
      <CsrfField />
      {sentFields(body).map(([name, value], index) => (
        <input key={index} type="hidden" name={name} value={value} />
      ))}
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

function sentFields(body: unknown): readonly (readonly [name: string, value: string])[] {
  if (typeof body !== "object" || body === null) return [];
  return Object.entries(body as Readonly<Record<string, unknown>>).flatMap(([name, value]) => {
    if (name === CSRF_FIELD) return [];
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((one): [string, string][] => (typeof one === "string" ? [[name, one]] : []));
  });
}
