/** The form of a new experiment as it was sent: numbered rows, so that every field has a name of its own. */
import { formField, formList } from "../../../service/administer/fields.ts";
import type { NewExperiment } from "../../../service/administer/new-experiment.ts";

/** Rows that a fresh form has. */
const ALTERNATIVES_FRESH = 2;
const KPIS_FRESH = 1;
/** Rows that are read; more are more than an experiment may have. */
const ROWS_MAX = 200;

export const FRESH: NewExperiment = {
  ...{ name: "", hypothesis: "", owner: "", tags: "", ticket: "", traffic: "100", baseline: "", uplift: "" },
  ...{ layer: "", slice: [] },
  alternatives: Array.from({ length: ALTERNATIVES_FRESH }, () => ({ name: "", weight: "" })),
  kpis: Array.from({ length: KPIS_FRESH }, freshKpi),
};

function freshKpi(): NewExperiment["kpis"][number] {
  return { name: "", counts: "rate", better: "higher" };
}

export function newExperimentIn(body: unknown): NewExperiment {
  const one = (name: string) => formField(body, name) ?? "";
  const rows = (name: string) => Array.from({ length: rowsIn(body, name) }, (_, at) => at + 1);
  return {
    ...{ name: one("name"), hypothesis: one("hypothesis"), owner: one("owner"), tags: one("tags") },
    ...{ ticket: one("ticket"), traffic: one("traffic"), baseline: one("baseline"), uplift: one("uplift") },
    layer: one("layer"),
    slice: formField(body, "slice_percent") === undefined ? [] : formList(body, "slice_percent"),
    alternatives: rows("alternative").map((at) => ({ name: one(`alternative_${at}`), weight: one(`weight_${at}`) })),
    kpis: rows("kpi").map((at) => ({
      name: one(`kpi_${at}`),
      counts: one(`counts_${at}`),
      better: one(`better_${at}`),
    })),
  };
}

/** With one more row to fill in. */
export function withRow(texts: NewExperiment, what: "alternative" | "kpi"): NewExperiment {
  return what === "kpi"
    ? { ...texts, kpis: [...texts.kpis, freshKpi()] }
    : { ...texts, alternatives: [...texts.alternatives, { name: "", weight: "" }] };
}

function rowsIn(body: unknown, name: string): number {
  let rows = 0;
  while (rows < ROWS_MAX && formField(body, `${name}_${rows + 1}`) !== undefined) rows += 1;
  return rows;
}
