/** What people say of a KPI: its label, the figure it is shown and decided by, which way is better, and what counts. */
import { Type } from "typebox";
import { SERVER_ACTOR } from "../../../domain/actor.ts";
import { SixpackError } from "../../../domain/errors.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import { kpiNamed, unknownKpi, withKpi, withKpiSettings } from "../../../domain/experiment-kpis.ts";
import {
  awaitsPercentile,
  BETTER,
  CAP_LENGTH_MAX,
  COUNTED,
  hasSameCaps,
  type KpiDefinition,
  LABEL_LENGTH_MAX,
  type RawKpiSettings,
  WINDOW_DAYS_MAX,
} from "../../../domain/kpi-definition.ts";
import { NAME_LENGTH_MAX, parseKpiName, quote } from "../../../domain/names.ts";
import { isPlanned } from "../../../domain/plan.ts";
import { grouped } from "../../../lib/text.ts";
import { type Act, type AdministerContext, change, type Part, setPart, type Target } from "../act.ts";
import { amountOf, seenTotals, withCap, withCapAsSeen } from "../caps.ts";
import { choice, formField, requiredField } from "../fields.ts";

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
    const next = { ...experiment, kpis };
    if (!hasSameCaps(experiment, next)) mustBeOpen(experiment, next);
    return next;
  },
  wordFor: () => "describe-kpi",
};

function settingsOf({ dropped: _, ...settings }: KpiDefinition): KpiDefinition {
  return settings;
}

/**
 * What a mean is of may change while there are records to count it from, and of a planned KPI until the planned look: the look
 * is of the figures of that moment, and what a plan asks is not chosen by its answer.
 */
function mustBeOpen(experiment: Experiment, next: Experiment): void {
  const { name, compacted, noticed } = experiment;
  if (compacted === true) {
    throw new SixpackError(
      "invalid-form",
      `Expected records of clients to count a cap from, got ${quote(name)}, which is compacted: its records are gone, and its caps stay as they are`,
    );
  }
  const planned = (of: Experiment) => ({ kpis: of.kpis.filter((kpi) => isPlanned(experiment, kpi.name)) });
  if (noticed.finalLook !== null && !hasSameCaps(planned(experiment), planned(next))) {
    throw new SixpackError(
      "plan-carried-out",
      `Expected the KPIs of the plan to count what they counted at its look, at ${grouped(noticed.finalLook.participants)} visitors, got another cap or figure. Begin a new experiment to decide by that one`,
    );
  }
}

/**
 * A KPI that nobody reached yet is made, so that it counts as people say from its first conversion on.
 * @param raw its name; empty for the default one
 * @throws SixpackError experiment-not-found, invalid-form, invalid-kpi-name, too-many-kpis, unknown-kpi, plan-carried-out,
 * experiment-busy
 */
export async function describeKpi(
  context: AdministerContext,
  target: Target,
  raw: string,
  settings: RawKpiSettings,
): Promise<Experiment> {
  const seen = await seenTotals(context.store, target.name, raw, settings);
  return change(context, target, (stored) => {
    const known = raw === "" ? null : (kpiNamed(stored, raw)?.name ?? parseKpiName(raw));
    if (kpiNamed(stored, known)?.dropped === true) throw unknownKpi(stored, raw);
    const there = known === null ? stored : withKpi(stored, known);
    const next = withCapAsSeen(there, withKpiSettings(there, known, settings), known, seen);
    const after = SETTINGS.stateOf(next);
    const described = setPart(SETTINGS, after)(there);
    const added = there === stored ? undefined : { action: "add-kpi", before: null, after: known };
    if (described !== undefined) return { ...described, with: added };
    return added === undefined ? undefined : { ...added, next: there };
  });
}

/**
 * Sets the percentile that a cap waited for, where it still does; the server's doing, in the log.
 * Looking its totals through takes seconds: what it counts may have changed since.
 */
export async function takeCap(
  context: AdministerContext,
  { name, life, kpis }: Experiment,
  number: number,
  amount: number,
): Promise<void> {
  await change(context, { name, actor: SERVER_ACTOR }, (stored) => {
    const [seen, kpi] = [kpis[number], stored.kpis[number]];
    if (stored.life !== life || seen === undefined || kpi?.cap === undefined || !awaitsPercentile(kpi))
      return undefined;
    if (amountOf(kpi) !== amountOf(seen)) return undefined;
    return setPart(SETTINGS, SETTINGS.stateOf(withCap(stored, kpi, { ...kpi.cap, amount })))(stored);
  });
}

export const kpiDescription: Act = {
  path: "kpis/describe",
  role: "editor",
  label: "Save KPI",
  body: {
    kpi: Type.String({ maxLength: NAME_LENGTH_MAX, description: "a name, empty for the default one" }),
    label: Type.Optional(
      Type.String({ maxLength: LABEL_LENGTH_MAX, description: "may end with a unit: `Revenue (€)`" }),
    ),
    counts: Type.Optional(
      choice([...COUNTED, ""], {
        description:
          "who reached it, or per participant the mean of values or the number of conversions; `value` is found by itself where values come, unless `open` is set",
      }),
    ),
    better: Type.Optional(choice([...BETTER, ""])),
    cap: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String({ maxLength: CAP_LENGTH_MAX })], {
        description:
          "the most that one client's total counts for: an amount, or `p99`, the 99th percentile of the totals of those who reached the KPI, taken once",
      }),
    ),
    window_days: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: WINDOW_DAYS_MAX }), Type.String({ maxLength: 4 })], {
        description: "a conversion counts up to so many days after the day its client joined; from when it is set",
      }),
    ),
  },
  does: "says what people call a KPI, by which figure it is shown and, without a plan, decided, and what of it counts; makes one that nobody reached yet. What is left out stays, what is empty is taken back",
  run: (context, target, { body }) =>
    describeKpi(context, target, requiredField(body, "kpi").trim(), {
      label: formField(body, "label"),
      counts: formField(body, "counts"),
      better: formField(body, "better"),
      cap: formField(body, "cap"),
      windowDays: formField(body, "window_days"),
    }),
  done: (name) => `Saved the KPI of ${name}.`,
  log: { "describe-kpi": { words: "described a KPI", part: SETTINGS } },
};
