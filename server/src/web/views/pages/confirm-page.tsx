/** Forms that state the consequence before anybody sends them. Each is the whole of its page, or of a dialog. */
import { control, type Experiment, isIntakeClosed } from "../../../domain/experiment.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { plural } from "../../../lib/text.ts";
import { DAY_MS } from "../../../lib/time.ts";
import type { Loss } from "../../../service/administer/loss.ts";
import { RESTORABLE_MS } from "../../../store/store.ts";
import { TYPED_FIELD } from "../../http/form.ts";
import { actionUrl, REMOVED_PATH } from "../../http/urls.ts";
import { CsrfField } from "../ui/hidden-fields.tsx";
import { Problem } from "../ui/problem.tsx";
import { Buttons, PlainForm, Question } from "./question.tsx";

const DAYS = RESTORABLE_MS / DAY_MS;

interface LossFormProps {
  readonly experiment: Experiment;
  /** `undefined` where it can't be read. */
  readonly loss: Loss | undefined;
  readonly problem: string | undefined;
}

export function ResetForm({ experiment, loss, problem }: LossFormProps) {
  return (
    <Question>
      <p>The experiment starts again from zero. These go:</p>
      <LossList loss={loss} experiment={experiment} />
      <p>
        Name, alternatives, description, traffic and weights stay
        {experiment.winner === null ? "" : `; the winner ${experiment.winner} is taken back`}. Visitors who come again
        are counted as new ones.
      </p>
      <ExportFirst experiment={experiment} />
      <TypedForm experiment={experiment} action="reset/" label="Reset" problem={problem} />
    </Question>
  );
}

export function DeleteForm({ experiment, loss, problem }: LossFormProps) {
  return (
    <Question>
      <p>The experiment goes, with everything measured in it:</p>
      <LossList loss={loss} experiment={experiment} />
      <p>A client that still asks for it makes a new, empty experiment of this name.</p>
      <ExportFirst experiment={experiment} />
      <TypedForm experiment={experiment} action="delete/" label="Delete" problem={problem} />
    </Question>
  );
}

export function ArchiveForm({ experiment }: { readonly experiment: Experiment }) {
  const { archived, winner } = experiment;
  return (
    <Question>
      {archived ? (
        <p>It moves back to the lists{experiment.paused ? ", paused as it was" : " and goes on where it stopped"}.</p>
      ) : (
        <p>
          It moves to the archive. Every visitor gets {winner ?? `${control(experiment)} (the control)`}, and nothing is
          counted any more. The figures stay, and it can be taken back at any time.
        </p>
      )}
      <PlainForm experiment={experiment} action="archive" fields={{ archived: String(!archived) }}>
        {archived ? "Take back" : "Archive"}
      </PlainForm>
    </Question>
  );
}

export function IntakeForm({ experiment }: { readonly experiment: Experiment }) {
  const isClosed = isIntakeClosed(experiment);
  return (
    <Question>
      {isClosed ? (
        <p>
          New visitors take part again, by the shares in force. Whoever came meanwhile got {control(experiment)} (the
          control) and was not counted: they join like anybody new.
        </p>
      ) : (
        <p>
          Nobody new is taken in: who comes for the first time gets {control(experiment)} (the control) and is not
          counted. Whoever takes part already keeps their alternative, and their conversions go on counting. It can be
          opened again at any time.
        </p>
      )}
      <PlainForm experiment={experiment} action="intake" fields={{ intake: isClosed ? "open" : "closed" }}>
        {isClosed ? "Open the intake" : "Close the intake"}
      </PlainForm>
    </Question>
  );
}

export function RetireForm({
  experiment,
  alternative,
}: {
  readonly experiment: Experiment;
  readonly alternative: string;
}) {
  return (
    <Question>
      <p>
        <strong>{alternative}</strong> gets no new visitors. Those who have it keep it and go on counting, and it stays
        in the results. This can't be taken back, and no alternative of this name can be added again.
      </p>
      <PlainForm
        experiment={experiment}
        action={`alternatives/${encodeURIComponent(alternative)}/retire`}
        fields={{}}
      >{`Retire ${alternative}`}</PlainForm>
    </Question>
  );
}

function LossList({ experiment, loss }: Pick<LossFormProps, "experiment" | "loss">) {
  const reached = loss?.conversions.filter(({ count }) => count > 0) ?? [];
  return (
    <ul class="loss">
      <li>
        {loss === undefined ? "visitors and conversions that can't be read" : plural(loss.participants, "visitor")}
      </li>
      {reached.map(({ kpi, count }) => (
        <li key={kpi.number}>
          {plural(count, "conversion")}
          {kpi.name === null ? "" : ` of ${kpi.name}`}
        </li>
      ))}
      {(loss?.excluded ?? 0) === 0 ? null : (
        <li>{plural(loss?.excluded ?? 0, "visitor left out", "visitors left out")}</li>
      )}
      {experiment.winner === null ? null : <li>the winner, {experiment.winner}</li>}
    </ul>
  );
}

function ExportFirst({ experiment }: { readonly experiment: Experiment }) {
  return (
    <form method="post" action={actionUrl(experiment.name, "export")}>
      <CsrfField />
      <p>
        To keep the figures: <button type="submit">Export CSV first</button>
      </p>
    </form>
  );
}

interface TypedFormProps extends Pick<LossFormProps, "experiment" | "problem"> {
  readonly action: string;
  readonly label: string;
}

function TypedForm({ experiment, action, label, problem }: TypedFormProps) {
  return (
    <form method="post" action={actionUrl(experiment.name, action)}>
      <CsrfField />
      <Problem id="typed-problem">{problem}</Problem>
      <p class="field">
        <label for="typed-name">
          Type <strong>{shownName(experiment.name)}</strong> to go on
        </label>
        <input
          id="typed-name"
          name={TYPED_FIELD}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
          aria-describedby={problem === undefined ? "typed-help" : "typed-help typed-problem"}
          aria-invalid={problem === undefined ? undefined : "true"}
        />
      </p>
      <p id="typed-help">
        It can be brought back for {DAYS} days under <a href={REMOVED_PATH}>removed experiments</a>.
      </p>
      <Buttons experiment={experiment} danger>
        {label}
      </Buttons>
    </form>
  );
}
