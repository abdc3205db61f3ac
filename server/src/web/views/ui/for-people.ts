/**
 * What the API refuses, as a page says it. Programs are told "Expected `field` …, got …"; people are told which field of
 * the page, and what it has to be. The one place where the one becomes the other.
 */
import type { ErrorCode } from "../../../domain/errors.ts";
import { grouped } from "../../../lib/text.ts";

/** @param code left out where the message is no refusal of a whole request */
export function forPeople(message: string, code?: ErrorCode): string {
  const [, needed, given = ""] = /^Expected (.+?)(?:, got (.+?))?\.?$/s.exec(message) ?? [];
  if (needed === undefined) return message;
  const known = code === undefined ? undefined : BY_CODE[code]?.(given, needed);
  return known ?? aboutField(needed, given) ?? whole(needed, given);
}

/** Where the code says more than the words do. `undefined` where it doesn't. */
const BY_CODE: Readonly<Partial<Record<ErrorCode, (given: string, needed: string) => string | undefined>>> = {
  "experiment-not-found": (given) => `There is no experiment ${given}.`,
  "unknown-kpi": (given) => `There is no KPI ${given} in this experiment.`,
  "unknown-segment": (given, needed) =>
    `There is no segment ${given} in this experiment; ${needed.replace(/^.*? one of /, "there is ").replace(/^no .*/, "none is declared")}.`,
  "unknown-alternative": (given) => `There is no alternative ${given} in this experiment.`,
  "duplicate-alternatives": (given) =>
    given.endsWith(" twice")
      ? `${given.slice(0, -6)} is there twice. Give each alternative a name of its own.`
      : undefined,
  "alternative-retired": (given) => `${given.replace(/, retired already$/, "")} is retired already.`,
  "control-retired": (given) => `${given} is the control, which all others are compared with, so it stays.`,
  "winner-retired": (given) => `${given} is the winner, which everybody gets. Go back to testing first.`,
  "invalid-slice": (_given, needed) =>
    needed.startsWith("`slice`")
      ? "A slice goes from one percentage to another, both from 0 to 100 and the smaller one first."
      : "The name of a layer has letters without accents, digits, - and _.",
  "slice-taken": (given) => `It is taken: ${given}.`,
  "method-not-allowed": () => "This address takes forms and shows no page.",
  // Names keys of the configuration, which are no fields of a page.
  "foreign-host": (given, needed) => `This needs ${needed}, not ${given}.`.replaceAll("`", ""),
  "not-logged": () => "Who did it and when stands in the server's log only.",
  "nothing-to-restore": () => "Nothing of this name was reset or deleted in the last days.",
  forbidden: (given, needed) => `This needs ${needed}. Yours is ${given}.`,
  "edit-conflict": (given, needed) =>
    / as (that change left it|it was read)$/.test(needed)
      ? `It was changed since: ${given
          .replace(/^a later one: /, "")
          .replace(/ at (\d{4}-\d\d-\d\d)T(\d\d:\d\d)\S*$/, ", $1 $2 UTC")
          .replace("another change of it", "by somebody, a moment ago")}.`
      : undefined,
};

/** Fields, as the page calls them. */
const LABELS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    traffic_fraction: "The traffic",
    traffic_percent: "The traffic",
    baseline_rate: "The rate now",
    baseline_mean: "The mean per visitor",
    baseline_deviation: "The standard deviation",
    minimum_uplift: "The smallest uplift that matters",
    power: "The power",
    participants: "The number of visitors",
    margin: "The margin of a guardrail",
    starts_at: "The start",
    close_intake: "The end of the intake",
    close_intake_at: "The time at which the intake closes",
    measure_for_days: "The time of measuring",
    ends_at: "The end",
    client_id: "The client id",
    alternative_name: "The winner",
    at_ms: "The moment of the change",
    from: "The first day",
    to: "The last day",
    roll_back: "How often guardrails may roll back in vain",
    weights: "The list of weights",
    segments: "The list of segments",
    managed_by: "Who manages it",
    on_harm: "What happens on harm",
    q: "The search",
    kpi: "The KPI",
    url: "The address",
  }),
);

/** Every argument can come back in a message; what has no label is called by its name. */
function labelOf(field: string): string {
  return LABELS.get(field) ?? `The ${field.replaceAll("_", " ")}`;
}

/** "`field` as …", "`field` between …": what one field has to be. */
function aboutField(needed: string, given: string): string | undefined {
  const [, empty] = /^(?:a field )?`([a-z_]+)`(?: with (?:text|a list))?$/.exec(needed) ?? [];
  if (empty !== undefined) return `${labelOf(empty)} is missing.`;
  const [, field, rule] = /^`([a-z_]+)` ((?:as|in|between|above|from|of|with|other than) .+)$/s.exec(needed) ?? [];
  if (field === undefined || rule === undefined || rule.includes("`")) return undefined;
  const [, most] = /^(?:of|with) at most (\d+) characters/.exec(rule) ?? [];
  if (most !== undefined) return `${labelOf(field)} may have ${grouped(Number(most))} characters at most.`;
  const plain = rule
    .replace(/^(?:as|of|with) /, "")
    .replace(/^in \(0, (\d+)\]/, (_, top: string) => `above 0% and at most ${top === "1" ? "100" : top}%`)
    .replace(/\b([a-z]+)_([a-z]+)\b/g, "$1 $2")
    .replace("a fraction or percentage such as 0.05 or 5%", "a percentage such as 5%")
    .replace(/\b\d{5,}\b/g, (digits) => grouped(Number(digits)));
  return `${labelOf(field)} has to be ${plain}${butIs(given)}.`;
}

function butIs(given: string): string {
  if (given === "" || given === '""') return "";
  return /^none\b/.test(given) ? `, and there is ${given}` : `, not ${given}`;
}

function whole(needed: string, given: string): string {
  if (given === "neither") return "Something is missing in the form. Fill it in and send it again.";
  if (needed.startsWith("the name of the experiment, ")) return `Type ${needed}. You typed ${given}.`;
  return `This needs ${named(needed)}${butIs(named(given))}.`;
}

function named(text: string): string {
  return text.replace(/`([^`]+)`/g, (_, name: string) => lowered(LABELS.get(name) ?? name.replaceAll("_", " ")));
}

function lowered(label: string): string {
  return label.charAt(0).toLowerCase() + label.slice(1);
}
