/** What people say of a KPI: its label, the figure it is shown and decided by, and which way is better. */
import type { Experiment } from "../../../domain/experiment.ts";
import { kpiNamed, unknownKpi, withKpi, withKpiSettings } from "../../../domain/experiment-kpis.ts";
import type { KpiDefinition, RawKpiSettings } from "../../../domain/kpi-definition.ts";
import { parseKpiName } from "../../../domain/names.ts";
import { type Act, type AdministerContext, change, type Part, setPart, type Target } from "../act.ts";
import { formField, requiredField } from "../fields.ts";

/** The KPIs that have any settings, as JSON. */
const SETTINGS: Part = {
  stateOf: ({ kpis }) => {
    const known = kpis.map(settingsOf).filter((settings) => Object.keys(settings).length > 1);
    return known.length === 0 ? null : JSON.stringify(known);
  },
  set: (experiment, state) => {
    const known: readonly KpiDefinition[] = state === null ? [] : JSON.parse(state);
    const kpis = experiment.kpis.map(({ name, dropped }) => {
      const settings = known.find((kpi) => kpi.name === name) ?? { name };
      return dropped === undefined ? settings : { ...settings, dropped };
    });
    return { ...experiment, kpis };
  },
  wordFor: () => "describe-kpi",
};

function settingsOf({ dropped: _, ...settings }: KpiDefinition): KpiDefinition {
  return settings;
}

/**
 * A KPI that nobody reached yet is made, so that it counts as people say from its first conversion on.
 * @param raw its name; empty for the default one
 * @throws SixpackError experiment-not-found, invalid-form, invalid-kpi-name, too-many-kpis, unknown-kpi, experiment-busy
 */
export function describeKpi(
  context: AdministerContext,
  target: Target,
  raw: string,
  settings: RawKpiSettings,
): Promise<Experiment> {
  return change(context, target, (stored) => {
    const known = raw === "" ? null : (kpiNamed(stored, raw)?.name ?? parseKpiName(raw));
    if (kpiNamed(stored, known)?.dropped === true) throw unknownKpi(stored, raw);
    const there = known === null ? stored : withKpi(stored, known);
    const next = withKpiSettings(there, known, settings);
    const after = SETTINGS.stateOf(next);
    const described = setPart(SETTINGS, after)(there);
    const added = there === stored ? undefined : { action: "add-kpi", before: null, after: known };
    if (described !== undefined) return { ...described, with: added };
    return added === undefined ? undefined : { ...added, next: there };
  });
}

export const kpiDescription: Act = {
  path: "kpis/describe",
  inFile: true,
  role: "editor",
  label: "Save KPI",
  fields:
    "`kpi`: a name, empty for the default one; what is left out stays, what is empty is taken back: `label` (may end with a unit: `Revenue (€)`), `counts` (`rate`: who reached it, `value`: mean value per participant; found by itself where values come), `better` (`higher`, `lower`)",
  does: "says what people call a KPI and by which figure it is shown and, without a plan, decided; makes one that nobody reached yet",
  run: (context, target, { body }) =>
    describeKpi(context, target, requiredField(body, "kpi").trim(), {
      label: formField(body, "label"),
      counts: formField(body, "counts"),
      better: formField(body, "better"),
    }),
  done: (name) => `Saved the KPI of ${name}.`,
  log: { "describe-kpi": { words: "described a KPI", part: SETTINGS } },
};
