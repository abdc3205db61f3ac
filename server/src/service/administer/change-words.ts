/** An entry of the log, and what the change means, in words for whoever decides whether to make it. */

import type { DatedNote } from "../../domain/dated-note.ts";
import { alternativeName, currentEpoch, type Experiment } from "../../domain/experiment.ts";
import { kpiPhrase } from "../../domain/kpi.ts";
import type { KpiDefinition } from "../../domain/kpi-definition.ts";
import type { Plan } from "../../domain/plan.ts";
import { percent } from "../../lib/text.ts";
import type { Activity } from "../../store/activity.ts";
import { logWord } from "./acts/acts.ts";

/** "changed the weights: equal shares → a 90 %, b 10 %". */
export function entryText({ action, before, after }: Pick<Activity, "action" | "before" | "after">): string {
  if (action === "tell-about") return aboutChange(aboutIn(before), aboutIn(after));
  const words = logWord(action)?.words ?? action;
  const shown = (text: string | null) => (text === null ? "none" : stateWords(action, text));
  return before === null && after === null ? words : `${words}: ${shown(before)} → ${shown(after)}`;
}

/** What the whole change means for clients and results; nothing where nobody notices. */
export function meaningOf(before: Experiment | undefined, after: Experiment): readonly string[] {
  if (before === undefined) return ["a new experiment: clients take part from their next call on"];
  const gets = (name: string): string => `everybody gets ${name}, and nobody is counted`;
  const told = ({ dimensions = [] }: Experiment): string => dimensions.map(({ name }) => name).join(", ");
  return [
    ...(JSON.stringify(after.dimensions) === JSON.stringify(before.dimensions)
      ? []
      : [`segments: ${told(before) || "none"} → ${told(after)}, of clients who join from then on`]),
    ...(after.epochs.length > before.epochs.length
      ? [`a new epoch (${currentEpoch(after).reason}): nobody who takes part moves, results stay valid`]
      : []),
    ...(after.winner !== before.winner && after.winner !== null ? [gets(`the winner ${after.winner}`)] : []),
    ...(after.paused && !before.paused ? [gets(`the control ${alternativeName(after, 0)}`)] : []),
    ...(after.archived && !before.archived ? [gets(`the control ${alternativeName(after, 0)}`)] : []),
  ];
}

/** The "before" or "after" of a log entry, in words for people. */
export function stateWords(action: string, text: string): string {
  if (action.endsWith("-plan")) return planWords(text);
  if (action === "tell-about") return aboutWords(text);
  if (action === "change-notes") return notesWords(text);
  return action === "describe-kpi" ? kpiWords(text) : text;
}

function aboutIn(json: string | null): Readonly<Record<string, unknown>> {
  try {
    return json === null ? {} : JSON.parse(json);
  } catch {
    return {};
  }
}

/** "owner: none → ann": only what differs. */
function aboutChange(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string {
  const shown = (value: unknown) =>
    value === undefined ? "none" : Array.isArray(value) ? value.join(", ") : String(value);
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields
    .filter((field) => shown(before[field]) !== shown(after[field]))
    .map((field) => `${field}: ${shown(before[field])} → ${shown(after[field])}`)
    .join("; ");
}

function aboutWords(json: string): string {
  return Object.entries(aboutIn(json))
    .map(([field, value]) => `${field} ${Array.isArray(value) ? value.join(", ") : value}`)
    .join(", ");
}

function notesWords(json: string): string {
  try {
    return (JSON.parse(json) as readonly DatedNote[]).map(({ day, text }) => `${day} ${text}`).join("; ");
  } catch {
    return json;
  }
}

/** Settings of KPIs are logged as JSON. */
function kpiWords(json: string): string {
  try {
    const kpis: readonly KpiDefinition[] = JSON.parse(json);
    return kpis
      .map(({ name, ...settings }) => `${kpiPhrase(name)}: ${Object.values(settings).map(String).join(", ")}`)
      .join("; ");
  } catch {
    return json;
  }
}

/** The log keeps plans as JSON; people want the size, the gain it can find, and what else it names. */
function planWords(json: string): string {
  try {
    const { primary, secondary, guardrails, size }: Plan = JSON.parse(json);
    const kpi = kpiPhrase(primary.kpi);
    const decides =
      size === null
        ? `${kpi} decides`
        : `${kpi} decides at ${size.participants.toLocaleString("en")} participants, to find +${percent(size.minimumUplift)}`;
    const named = (word: string, kpis: Plan["secondary"]) =>
      kpis.length === 0 ? "" : `; ${word} ${kpis.map((planned) => kpiPhrase(planned.kpi)).join(", ")}`;
    return `${decides}${named("guarded by", guardrails)}${named("explores", secondary)}`;
  } catch {
    // Written by a version that planned otherwise.
    return json;
  }
}
