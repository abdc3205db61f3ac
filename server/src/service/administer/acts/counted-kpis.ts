/** Which KPIs an experiment counts: added before anybody reached them, dropped, and brought back. */
import { Type } from "typebox";
import { SixpackError } from "../../../domain/errors.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import {
  droppedKpis,
  isDropped,
  kpiNamed,
  unknownKpi,
  withDroppedKpis,
  withKpi,
} from "../../../domain/experiment-kpis.ts";
import { NAME_LENGTH_MAX, parseKpiName, quote } from "../../../domain/names.ts";
import { isPlanned } from "../../../domain/plan.ts";
import { type Act, type AdministerContext, change, type Part, setPart, type Target } from "../act.ts";
import { requiredField } from "../fields.ts";

const SEPARATOR = ", ";

function stateOf(dropped: readonly string[]): string | null {
  return dropped.length === 0 ? null : dropped.join(SEPARATOR);
}

const DROPPED: Part = {
  stateOf: (experiment) => stateOf(droppedKpis(experiment)),
  set: (experiment, state) => withDroppedKpis(experiment, state?.split(SEPARATOR) ?? []),
  wordFor: () => "drop-kpi",
};

/**
 * From now on its conversions count, also where calls may not make KPIs. One that was dropped is brought back with all it
 * had counted before.
 * @throws SixpackError experiment-not-found, invalid-kpi-name, too-many-kpis, experiment-busy
 */
export function addKpi(context: AdministerContext, target: Target, raw: string): Promise<Experiment> {
  return change(context, target, (stored) => {
    if (isDropped(stored, raw)) {
      const left = droppedKpis(stored).filter((kpi) => kpi !== raw);
      return setPart(DROPPED, stateOf(left))(stored);
    }
    const name = parseKpiName(raw);
    const next = withKpi(stored, name);
    return next === stored ? undefined : { next, action: "add-kpi", before: null, after: name };
  });
}

/**
 * Neither counted nor shown any more, until somebody brings it back. What it counted stays in the files.
 * @throws SixpackError experiment-not-found, unknown-kpi, kpi-planned, experiment-busy
 */
export function dropKpi(context: AdministerContext, target: Target, raw: string): Promise<Experiment> {
  return change(context, target, (stored) => {
    const name = kpiNamed(stored, raw)?.name;
    if (name == null) throw unknownKpi(stored, raw);
    if (isPlanned(stored, name)) {
      throw new SixpackError("kpi-planned", `Expected a KPI that the plan does not name, got ${quote(raw)}`);
    }
    const dropped = stored.kpis.flatMap((kpi) => (kpi.name === name || kpi.dropped === true ? (kpi.name ?? []) : []));
    return setPart(DROPPED, stateOf(dropped))(stored);
  });
}

export const kpiAddition: Act = {
  path: "kpis",
  role: "editor",
  label: "Add KPI",
  body: { kpi: Type.String({ minLength: 1, maxLength: NAME_LENGTH_MAX, description: "a name" }) },
  does: "counts its conversions from now on, also where calls may not make KPIs (`declared_only`); brings back one that was dropped",
  run: (context, target, { body }) => addKpi(context, target, requiredField(body, "kpi").trim()),
  done: (name) => `The KPI counts in ${name}.`,
  log: { "add-kpi": { words: "added a KPI" } },
};

export const kpiDrop: Act = {
  path: "kpis/drop",
  role: "admin",
  label: "Drop KPI",
  body: { kpi: Type.String({ description: "one that the plan does not name" }) },
  does: "neither counts nor shows it any more: conversions that name it are refused. What it counted stays in the files and comes back with it",
  run: (context, target, { body }) => dropKpi(context, target, requiredField(body, "kpi")),
  done: (name) => `Dropped the KPI of ${name}.`,
  log: { "drop-kpi": { words: "dropped or brought back KPIs", part: DROPPED } },
};
