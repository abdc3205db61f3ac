/** What the form of a plan shows; `service/administer/plan-fields.ts` reads it. */
import type { Experiment } from "../../domain/experiment.ts";
import { type Kpi, kpisOf } from "../../domain/kpi.ts";
import type { Guardrail, Plan, PlannedKpi, PlannedSize } from "../../domain/plan.ts";
import { formValues } from "../../service/administer/fields.ts";
import { KPI_UNPLANNED, type PlanRole, rowsOf } from "../../service/administer/plan-fields.ts";
import type { PlanOutlook } from "../../service/analysis/plan-outlook.ts";
import type { Baseline } from "../../stats/input.ts";

/** A form as it is filled in: texts, whether or not they make a plan. */
export interface PlanDraft {
  readonly baselineRate: string;
  readonly baselineMean: string;
  readonly baselineDeviation: string;
  readonly minimumUplift: string;
  readonly power: string;
  readonly rollBack: string;
  readonly rows: readonly PlanDraftRow[];
}

export interface PlanDraftRow {
  /** Empty for the default KPI. */
  readonly kpi: string;
  readonly role: string;
  readonly better: string;
  readonly decidesOn: string;
  readonly margin: string;
  /** One of MARGIN_UNITS. */
  readonly marginUnit: string;
}

/** Usual chance to find what is looked for. */
const POWER_USUAL = 0.8;

/**
 * The plan in force. Without one, a KPI is proposed as the one that decides.
 * @param seen of that KPI, each figure it may be decided on: what it is now
 */
export function planDraftOf(experiment: Experiment, proposed: Kpi, seen: readonly Baseline[]): PlanDraft {
  const { plan } = experiment.planning;
  const size = plan?.size ?? null;
  const planned = plan === null ? [] : rowsOfPlan(plan);
  const left = kpisOf(experiment).filter(({ name }) => !planned.some(({ kpi }) => kpi === (name ?? "")));
  return {
    ...BLANK_BASELINE,
    ...Object.fromEntries(seen.flatMap((baseline) => Object.entries(seenTexts(baseline)))),
    ...(size === null ? {} : plannedTexts(size)),
    minimumUplift: percent(size?.minimumUplift),
    power: percent(size?.power ?? POWER_USUAL),
    rollBack: plan?.rollBack ?? "",
    rows: [
      ...planned,
      ...left.map(({ name, better, decidesOn }): PlanDraftRow => {
        const role = plan === null && name === proposed.name ? "primary" : KPI_UNPLANNED;
        return { kpi: name ?? "", role, better, decidesOn, margin: "", marginUnit: "" };
      }),
    ],
  };
}

/** What was seen of the control, by each figure. */
export function seenBaselines(outlook: PlanOutlook | undefined): readonly Baseline[] {
  return outlook?.figures.map(({ baseline }) => baseline) ?? [];
}

/** As people would write it: 10.7 %. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function rowsOfPlan({ primary, secondary, guardrails }: Plan): readonly PlanDraftRow[] {
  const row = (role: PlanRole, { kpi, better, decidesOn }: PlannedKpi, margin = "", marginUnit = ""): PlanDraftRow => {
    return { kpi: kpi ?? "", role, better, decidesOn, margin, marginUnit };
  };
  return [
    row("primary", primary),
    ...secondary.map((planned) => row("secondary", planned)),
    ...guardrails.map((planned) => row("guardrail", planned, marginText(planned), unitOf(planned))),
  ];
}

function marginText({ margin: { kind, value }, decidesOn }: Guardrail): string {
  if (kind === "relative") return percent(value);
  return numberText(decidesOn === "rate" ? 100 * value : value);
}

function unitOf({ margin }: Guardrail): string {
  return margin.kind === "relative" ? "percent" : "absolute";
}

type BaselineTexts = Pick<PlanDraft, "baselineRate" | "baselineMean" | "baselineDeviation">;

const BLANK_BASELINE: BaselineTexts = { baselineRate: "", baselineMean: "", baselineDeviation: "" };

function plannedTexts(size: PlannedSize): Partial<BaselineTexts> {
  if ("baselineRate" in size) return { baselineRate: percent(size.baselineRate) };
  return { baselineMean: numberText(size.baselineMean), baselineDeviation: numberText(size.baselineDeviation) };
}

function seenTexts(seen: Baseline): Partial<BaselineTexts> {
  if ("rate" in seen) return { baselineRate: percent(rounded(seen.rate)) };
  return { baselineMean: String(rounded(seen.mean)), baselineDeviation: String(rounded(seen.deviation)) };
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function percent(value: number | undefined): string {
  return value === undefined ? "" : numberText(value * 100);
}

/** What was sent, to be shown again. A second row without a name was left blank, and is left out. */
export function planDraftIn(body: unknown): PlanDraft {
  const one = (name: string) => formValues(body, name)[0] ?? "";
  const columns = ["role", "better", "decides_on", "margin", "margin_unit"].map((name) => rowsOf(body, name));
  const kpis = rowsOf(body, "kpi");
  const rows = kpis.map((kpi, index) => {
    const [role = "", better = "", decidesOn = "", margin = "", marginUnit = ""] = columns.map(
      (column) => column[index] ?? "",
    );
    return { kpi, role, better, decidesOn, margin, marginUnit };
  });
  return {
    baselineRate: one("baseline_rate"),
    baselineMean: one("baseline_mean"),
    baselineDeviation: one("baseline_deviation"),
    minimumUplift: one("minimum_uplift"),
    power: one("power"),
    rollBack: one("roll_back"),
    rows: rows.filter(({ kpi }, index) => kpi !== "" || kpis.indexOf("") === index),
  };
}
