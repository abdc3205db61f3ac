/**
 * What the verdict asks for, below it: its evidence is in view there, a reason is kept, and a winner can be undone. Names are
 * cut as in its sentence.
 */
import { REASON_LENGTH_MAX } from "../../../../domain/decided.ts";
import { activeIndexes } from "../../../../domain/epochs.ts";
import { alternativeName, control, type Experiment } from "../../../../domain/experiment.ts";
import type { Verdict } from "../../../../stats/report.ts";
import { named } from "../../../../stats/verdict-words.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl, retireUrl } from "../../../http/urls.ts";
import { CsrfField, HiddenFields } from "../../ui/hidden-fields.tsx";

interface DecideFormProps {
  readonly experiment: Experiment;
  readonly verdict: Verdict;
}

/** Nothing for who may not decide, and where the data ask for nothing. */
export function DecideForm({ experiment, verdict }: DecideFormProps) {
  const { can } = useCurrentUser();
  if (!can("editor")) return null;
  if (verdict.kind === "ship")
    return <GiveForm experiment={experiment} alternative={alternativeName(experiment, verdict.arm)} />;
  if (verdict.kind !== "roll-back") return null;
  const active = activeIndexes(experiment);
  if (active.length === 2) return <GiveForm experiment={experiment} alternative={control(experiment)} />;
  const harmed = verdict.harmed.filter((index) => active.includes(index));
  if (harmed.length === 0 || active.length - verdict.harmed.length < 2) return null;
  // The others go on. It can't be taken back, so it asks.
  return (
    <p class="buttons decide">
      {harmed.map((index) => (
        <a key={index} class="button" href={retireUrl(experiment.name, alternativeName(experiment, index))} data-dialog>
          Retire {named(alternativeName(experiment, index))}
        </a>
      ))}
    </p>
  );
}

function GiveForm({ experiment, alternative }: { readonly experiment: Experiment; readonly alternative: string }) {
  return (
    <form class="buttons decide" method="post" action={actionUrl(experiment.name, "winner/")}>
      <CsrfField />
      <HiddenFields fields={{ alternative_name: alternative }} />
      <input
        name="reason"
        aria-label="Your reason, optional"
        placeholder="Your reason (optional)"
        maxLength={REASON_LENGTH_MAX}
        autocomplete="off"
      />
      <button type="submit" class="primary">{`Give everybody ${named(alternative)}`}</button>
    </form>
  );
}
