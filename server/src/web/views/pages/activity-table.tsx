/** Entries of the log as a table: who did what, when, what it changed, and the way back for as long as there is one. */
import { shownName } from "../../../lib/shown-name.ts";
import { logWord } from "../../../service/administer/acts/acts.ts";
import { type FieldChange, fieldChanges } from "../../../service/administer/field-changes.ts";
import type { LogLine } from "../../../service/administer/ways-back.ts";
import { UNREADABLE_ACTION } from "../../../store/activity.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { BACK_FIELD } from "../../http/form.ts";
import { useFrame } from "../../http/frame.ts";
import { InTurns } from "../../http/page-steps.ts";
import { ACTIVITY_PATH, actionUrl, experimentUrl, withQuery } from "../../http/urls.ts";
import { moment } from "../ui/format.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { Moment } from "../ui/moment.tsx";

/** Longest text that stands in a row; the rest unfolds. */
const TEXT_LENGTH_MAX = 160;
/** Longest text that unfolds: twenty descriptions, before and after, would make the page half a megabyte. */
const WHOLE_TEXT_LENGTH_MAX = 1_000;

interface TableProps {
  readonly lines: readonly LogLine[];
  readonly caption: string;
  /** Off on the page of one experiment. */
  readonly withExperiment?: boolean;
}

export function ActivityTable({ lines, caption, withExperiment = false }: TableProps) {
  const hasButtons = lines.some(({ back }) => back !== undefined);
  return (
    <div class="table-scroll">
      <table class="activity">
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            {withExperiment ? <th scope="col">Experiment</th> : null}
            <th scope="col">What</th>
            <th scope="col">Before → after</th>
            {hasButtons ? (
              <th scope="col">
                <span class="hidden">Take back</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          <InTurns>
            {lines.map((line, index) => (
              <Row key={`${line.atMs} ${index}`} {...{ line, withExperiment, hasButtons }} />
            ))}
          </InTurns>
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly line: LogLine;
  readonly withExperiment: boolean;
  readonly hasButtons: boolean;
}

function Row({ line, withExperiment, hasButtons }: RowProps) {
  const { atMs, actor, experiment, action, after } = line;
  if (action === UNREADABLE_ACTION) {
    const columns = 4 + (withExperiment ? 1 : 0) + (hasButtons ? 1 : 0);
    return (
      <tr>
        <td colSpan={columns}>An entry that can't be read: {after}</td>
      </tr>
    );
  }
  return (
    <tr>
      <td>
        <Moment atMs={atMs} />
      </td>
      <td class="cell-who">
        <a href={withQuery(ACTIVITY_PATH, { actor })}>{actor}</a>
      </td>
      {withExperiment ? (
        <td class="cell-experiment">
          <a href={experimentUrl(experiment)} title={experiment}>
            {shownName(experiment)}
          </a>
        </td>
      ) : null}
      <td class="cell-what">{logWord(action)?.words ?? action}</td>
      <td class="cell-change">
        <Changes changes={fieldChanges(line)} />
      </td>
      {hasButtons ? (
        <td>
          <Back line={line} />
        </td>
      ) : null}
    </tr>
  );
}

function Changes({ changes }: { readonly changes: readonly FieldChange[] }) {
  const [first] = changes;
  if (first === undefined) return null;
  if (first.field === null) return <FromTo change={first} />;
  return (
    <ul class="changes">
      {changes.map((change) => (
        <li key={change.field}>
          <Text text={`${change.field}:`} /> <FromTo change={change} />
        </li>
      ))}
    </ul>
  );
}

/** Where nothing was before, what is now says it all. */
function FromTo({ change: { before, after } }: { readonly change: FieldChange }) {
  if (before === null && after !== null) return <Text text={after} />;
  return (
    <>
      <Text text={before} /> <span class="muted">→</span> <Text text={after} />
    </>
  );
}

function Text({ text }: { readonly text: string | null }) {
  if (text === null) return <span class="muted">none</span>;
  if (text.length <= TEXT_LENGTH_MAX) {
    return <span>{text.split(MOMENT).map((piece, index) => (index % 2 === 0 ? piece : momentOrText(piece)))}</span>;
  }
  return (
    <details>
      <summary>{`${text.slice(0, TEXT_LENGTH_MAX)}…`}</summary>
      <p class="whole-text">
        {text.length <= WHOLE_TEXT_LENGTH_MAX ? text : `${text.slice(0, WHOLE_TEXT_LENGTH_MAX).toWellFormed()}…`}
      </p>
    </details>
  );
}

/** As `fieldChanges` words one, so that it reads like the moments beside it. */
const MOMENT = /(\d{4}-\d\d-\d\d \d\d:\d\d UTC)/;

/** People write what they like: in a description the 31st of February stays as it is. */
function momentOrText(text: string) {
  const atMs = Date.parse(text);
  return Number.isFinite(atMs) && moment(atMs) === text ? <Moment atMs={atMs} /> : text;
}

/** It leads back to the page where one stands. */
function Back({ line: { back, experiment, action, atMs } }: { readonly line: LogLine }) {
  const { can } = useCurrentUser();
  const { path } = useFrame();
  if (back === undefined || !can(back.kind === "restore" ? "admin" : "editor")) return null;
  const [act, label, fields] =
    back.kind === "restore"
      ? (["restore/", "Restore", { incarnation: String(back.life) }] as const)
      : (["undo", "Undo", { at_ms: String(atMs), action }] as const);
  return (
    <form method="post" action={actionUrl(experiment, act)}>
      <CsrfField />
      <HiddenFields fields={{ ...fields, [BACK_FIELD]: path }} />
      <button
        type="submit"
        class="quiet"
        aria-label={`${label}: ${logWord(action)?.words ?? action} ${shownName(experiment)}`}
      >
        {label}
      </button>
    </form>
  );
}
