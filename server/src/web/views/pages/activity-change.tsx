/** What an act changed: before and after, as far as there is something to say. */
import { kpiPhrase } from "../../../domain/kpi.ts";
import type { KpiDefinition } from "../../../domain/kpi-definition.ts";
import type { Plan } from "../../../domain/plan.ts";
import type { Activity } from "../../../store/store.ts";
import { plural, uplift } from "../ui/format.ts";

/** Longest text that stands in a row; the rest unfolds. */
const TEXT_LENGTH_MAX = 80;
/** Longest text that unfolds: twenty descriptions, before and after, would make the page half a megabyte. */
const WHOLE_TEXT_LENGTH_MAX = 1_000;

export function Change({ action, before, after }: Pick<Activity, "action" | "before" | "after">) {
  if (before === null && after === null) return null;
  return (
    <>
      <Value action={action} text={before} /> <span class="muted">→</span> <Value action={action} text={after} />
    </>
  );
}

function Value({ action, text }: { readonly action: string; readonly text: string | null }) {
  if (text === null) return <span class="muted">none</span>;
  const shown = action.endsWith("-plan") ? planText(text) : action === "describe-kpi" ? kpisText(text) : text;
  if (shown.length <= TEXT_LENGTH_MAX) return <span>{shown}</span>;
  return (
    <details>
      <summary>{`${shown.slice(0, TEXT_LENGTH_MAX)}…`}</summary>
      <p class="whole-text">
        {shown.length <= WHOLE_TEXT_LENGTH_MAX ? shown : `${shown.slice(0, WHOLE_TEXT_LENGTH_MAX).toWellFormed()}…`}
      </p>
    </details>
  );
}

/** What people said of KPIs is kept as JSON, too. */
function kpisText(json: string): string {
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
function planText(json: string): string {
  try {
    const { primary, secondary, guardrails, size }: Plan = JSON.parse(json);
    const kpi = kpiPhrase(primary.kpi);
    const decides =
      size === null
        ? `${kpi} decides`
        : `${kpi} decides at ${plural(size.participants, "participant")}, to find ${uplift(size.minimumUplift)}`;
    const named = (word: string, kpis: Plan["secondary"]) =>
      kpis.length === 0 ? "" : `; ${word} ${kpis.map((planned) => kpiPhrase(planned.kpi)).join(", ")}`;
    return `${decides}${named("guarded by", guardrails)}${named("explores", secondary)}`;
  } catch {
    // Written by a version that planned otherwise.
    return json;
  }
}
