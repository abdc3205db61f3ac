/** Who gets to be the winner: what the data say of it stands in view, and the reason is kept. */
import { type Decided, REASON_LENGTH_MAX } from "../../../domain/decided.ts";
import { activeIndexes } from "../../../domain/epochs.ts";
import { alternativeName, control, type Experiment } from "../../../domain/experiment.ts";
import { plural } from "../../../lib/text.ts";
import { actionUrl } from "../../http/urls.ts";
import { splitSentence } from "../ui/verdict-mark.tsx";
import { valueText } from "./experiment/arms.ts";
import { besideThen, effectThen, figureThen } from "./experiment/decision-record.tsx";
import { Cancel, PlainForm, Question } from "./question.tsx";

interface WinnerFormProps {
  readonly experiment: Experiment;
  readonly alternative: string;
  /** Its position. */
  readonly index: number;
  /** What the data say now, as it will be kept. */
  readonly evidence: Omit<Decided, "winner">;
}

export function WinnerForm({ experiment, alternative, index, evidence }: WinnerFormProps) {
  const { verdict, arms } = evidence;
  const arm = arms[index];
  const figure = figureThen(experiment, evidence);
  const effect = arm === undefined ? null : effectThen(arm, figure);
  const [lead, rest] = splitSentence(verdict.sentence);
  return (
    <Question>
      <p class={verdict.kind === "ship" && arm?.conclusion === "better" ? "notice" : "notice notice-warning"}>
        The data say: <strong>{lead}</strong>
        {rest}
        {arm === undefined ? null : (
          <>
            <br />
            {alternative}: {figure.isMean ? "a mean of " : ""}
            {valueText(arm.figure, figure)}
            {figure.isMean ? `, ${besideThen(arm, figure)},` : ""} of {plural(arm.participants, "visitor")}
            {effect === null ? "" : `, ${effect} over ${control(experiment)}, the control`}.
          </>
        )}
      </p>
      <p>
        Every visitor gets <strong>{alternative}</strong> from now on, whatever they got before. The test ends: nobody
        new is counted. The figures stay, and you can go back to testing at any time.
      </p>
      <PlainForm
        experiment={experiment}
        action="winner/"
        fields={{ alternative_name: alternative }}
        more={
          <label class="field">
            Your reason (optional)
            <textarea name="reason" rows={2} maxLength={REASON_LENGTH_MAX} />
          </label>
        }
      >
        {`Give everybody ${alternative}`}
      </PlainForm>
    </Question>
  );
}

export function ChooseWinner({ experiment }: { readonly experiment: Experiment }) {
  const { name, winner } = experiment;
  return (
    <Question>
      {winner === null ? (
        <p>Every visitor will get the alternative you choose.</p>
      ) : (
        <p>
          Every visitor gets <strong>{winner}</strong>. Going back to testing gives each visitor their own alternative
          again.
        </p>
      )}
      <ul class="choices">
        {activeIndexes(experiment)
          .map((index) => alternativeName(experiment, index))
          .filter((alternative) => alternative !== winner)
          .map((alternative) => (
            <li key={alternative}>
              <a class="button" href={actionUrl(name, `winner/${encodeURIComponent(alternative)}`)} data-dialog>
                Use {alternative}
              </a>
            </li>
          ))}
      </ul>
      {winner === null ? (
        <Cancel experiment={experiment} />
      ) : (
        <PlainForm experiment={experiment} action="winner/reset/" fields={{}}>
          Go back to testing
        </PlainForm>
      )}
    </Question>
  );
}
