/**
 * An experiment as somebody fills it in on a page, before it is one: texts in, and a draft out or what is wrong with each
 * field, all of it at once and in words for people.
 */
import { aboutOf } from "../../domain/about.ts";
import type { ExperimentDraft } from "../../domain/draft.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { LayerSlice } from "../../domain/experiment.ts";
import { DEFAULT_KPI, isOfMean, type KpiDefinition, withSettings } from "../../domain/kpi-definition.ts";
import { parseSlicePercents } from "../../domain/layer.ts";
import {
  type AlternativeName,
  isExperimentName,
  isName,
  KPIS_MAX,
  type KpiName,
  parseAlternativeNames,
  parseExperimentName,
} from "../../domain/names.ts";
import { parsePlan } from "../../domain/parse-plan.ts";
import type { Plan } from "../../domain/plan.ts";
import { parseWeights } from "../../domain/policy/weighted.ts";

export interface NewExperiment {
  readonly name: string;
  readonly hypothesis: string;
  readonly owner: string;
  /** With commas. */
  readonly tags: string;
  readonly ticket: string;
  /** The first one is the control; rows without a name are left out. */
  readonly alternatives: readonly { readonly name: string; readonly weight: string }[];
  /** In percent. */
  readonly traffic: string;
  /** Empty, as its slice: everybody. */
  readonly layer: string;
  /** Where it begins and ends, in percent. */
  readonly slice: readonly string[];
  /** The first one decides; rows without a name are left out. */
  readonly kpis: readonly { readonly name: string; readonly counts: string; readonly better: string }[];
  /** Both in percent, or both empty: no size is planned. */
  readonly baseline: string;
  readonly uplift: string;
}

/** What is wrong, by the field it is told at: in words for people, or what was refused. */
export type FieldProblems = Readonly<Partial<Record<keyof NewExperiment, string | SixpackError>>>;

export type CheckedExperiment =
  | { readonly kind: "good"; readonly draft: ExperimentDraft }
  | { readonly kind: "refused"; readonly problems: FieldProblems };

export function checkNewExperiment(texts: NewExperiment, nowMs: number): CheckedExperiment {
  const problems: Partial<Record<keyof NewExperiment, string | SixpackError>> = {};
  const checked = <T>(field: keyof NewExperiment, check: () => T): T | undefined => {
    try {
      return check();
    } catch (error) {
      if (error instanceof FieldError) problems[field] = error.message;
      else if (error instanceof SixpackError && error.status < 500) problems[field] = error;
      else throw error;
      return undefined;
    }
  };
  const name = checked("name", () => nameIn(texts.name));
  const rows = texts.alternatives.filter((row) => row.name.trim() !== "" || row.weight.trim() !== "");
  const alternatives = checked("alternatives", () => alternativesIn(rows.map((row) => row.name.trim())));
  const weights = alternatives && checked("alternatives", () => weightsIn(rows.map(({ weight }) => weight.trim())));
  const trafficFraction = checked("traffic", () => trafficIn(texts.traffic));
  const slice = checked("layer", () => sliceIn(texts));
  const kpis = checked("kpis", () => kpisIn(texts.kpis.filter((row) => row.name.trim() !== "")));
  const shares = weights ?? (alternatives ?? texts.alternatives).map(() => 1);
  const plan = checked("baseline", () => planIn(texts, kpis ?? [DEFAULT_KPI], shares));
  const about = {
    ...checked("hypothesis", () => aboutOf({ hypothesis: texts.hypothesis })),
    ...checked("owner", () => aboutOf({ owner: texts.owner })),
    ...checked("tags", () => aboutOf({ tags: texts.tags.split(",") })),
    ...checked("ticket", () => ticketIn(texts.ticket)),
  };
  if (name === undefined || alternatives === undefined || kpis === undefined || Object.keys(problems).length > 0) {
    return { kind: "refused", problems };
  }
  return {
    kind: "good",
    draft: {
      ...{ name, alternatives, weights, trafficFraction, slice, kpis, createdAtMs: nowMs },
      plan: plan ?? null,
      // What a person typed is theirs to change.
      trafficHeld: trafficFraction !== undefined && trafficFraction !== 1,
      about: Object.keys(about).length === 0 ? undefined : about,
    },
  };
}

/** In words that go beside a field as they are. */
class FieldError extends Error {}

function nameIn(raw: string): ExperimentDraft["name"] {
  const name = raw.trim();
  if (name === "") throw new FieldError("Give it a name.");
  if (isExperimentName(name)) return parseExperimentName(name);
  throw new FieldError("A name has up to 255 characters, all of them on one line, and is neither . nor ..");
}

function alternativesIn(names: readonly string[]): readonly AlternativeName[] {
  checkNames(names, "an alternative");
  if (names.length < 2) throw new FieldError("Name at least two alternatives. The first one is the control.");
  return parseAlternativeNames(names);
}

function weightsIn(weights: readonly string[]): readonly number[] | null {
  if (weights.every((weight) => weight === "")) return null;
  try {
    return parseWeights(weights.map(withPoint), weights.length);
  } catch {
    throw new FieldError(
      "Give every alternative a weight of 0 or more, such as 50, and one of them more than 0. Or leave all weights empty: then all get the same share.",
    );
  }
}

function trafficIn(raw: string): number | undefined {
  if (raw.trim() === "") return undefined;
  const fraction = percentIn(raw);
  if (fraction !== undefined && fraction > 0 && fraction <= 1) return fraction;
  throw new FieldError("The share of visitors who take part is above 0% and up to 100%.");
}

function sliceIn({ layer, slice }: NewExperiment): LayerSlice | undefined {
  if ([layer, ...slice].every((text) => text.trim() === "")) return undefined;
  return parseSlicePercents(layer.trim(), slice);
}

function kpisIn(rows: NewExperiment["kpis"]): readonly KpiDefinition[] {
  const names = rows.map((row) => row.name.trim());
  checkNames(names, "a KPI");
  if (names.length > KPIS_MAX) throw new FieldError(`There can be ${KPIS_MAX} KPIs at most.`);
  return [
    DEFAULT_KPI,
    ...rows.map(({ counts, better }, index) =>
      withSettings(
        { name: names[index] as KpiName },
        // The usual is not worth a word of its own.
        { counts: isOfMean(counts) ? counts : undefined, better: better === "lower" ? better : undefined },
      ),
    ),
  ];
}

function checkNames(names: readonly string[], what: string): void {
  const [odd, twice] = [
    names.find((name) => !isName(name)),
    names.find((name, index) => names.indexOf(name) !== index),
  ];
  if (odd === "") throw new FieldError(`There is a weight without the name of ${what}.`);
  if (odd !== undefined) {
    throw new FieldError(
      `“${odd}” can't be the name of ${what}: use letters without accents, digits, - and _, and begin with a letter or digit.`,
    );
  }
  if (twice !== undefined) throw new FieldError(`“${twice}” is there twice.`);
}

function ticketIn(raw: string) {
  try {
    return aboutOf({ ticket: raw });
  } catch {
    throw new FieldError("A link begins with https:// or http://.");
  }
}

/** The first KPI decides; without one, and without a size, the data find out. */
function planIn(
  { baseline, uplift }: NewExperiment,
  [, first]: readonly KpiDefinition[],
  shares: readonly number[],
): Plan | null {
  const primary = {
    kpi: first?.name ?? undefined,
    better: first?.better,
    decides_on: isOfMean(first?.counts) ? "mean" : "rate",
  };
  if (baseline.trim() === "" && uplift.trim() === "")
    return first === undefined ? null : parsePlan({ primary }, shares);
  if (isOfMean(first?.counts)) {
    throw new FieldError(
      "How many visitors a mean takes is known once there are some. Leave these two empty, and plan it on its page later.",
    );
  }
  const [rate, gain] = [percentIn(baseline), percentIn(uplift)];
  if (rate === undefined || gain === undefined) {
    throw new FieldError("Fill in both as percentages, such as 5 and 10, or leave both empty.");
  }
  if (!(rate > 0 && rate < 1)) throw new FieldError("The rate now is above 0% and below 100%.");
  if (!(gain > 0 && gain <= 10)) throw new FieldError("The smallest change that matters is above 0%.");
  if (first?.better === "lower" ? gain >= 1 : rate * (1 + gain) >= 1) {
    throw new FieldError("No rate can change by so much. The change is a share of the rate: 10% of 5% is 0.5 points.");
  }
  return parsePlan({ primary, baseline_rate: `${100 * rate}%`, minimum_uplift: `${100 * gain}%` }, shares);
}

/** `10`, `10.7`, `10,7 %` → a fraction; `undefined` for what is none. */
function percentIn(raw: string): number | undefined {
  const text = withPoint(raw.replace("%", "").trim());
  // Rounded where multiplying by 100 and back would not give the same text.
  return /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number((Number(text) / 100).toFixed(10)) : undefined;
}

function withPoint(text: string): string {
  return text.replace(",", ".");
}
