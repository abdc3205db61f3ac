/** Declaring an experiment before its first visitor: the only way to make one if `declared_only` is set. */
import { acceptsAlternatives } from "../../domain/epochs.ts";
import { SixpackError } from "../../domain/errors.ts";
import { alternativeName, type Experiment } from "../../domain/experiment.ts";
import { kpiNamed } from "../../domain/experiment-kpis.ts";
import { type RawKpiSettings, withSettings } from "../../domain/kpi-definition.ts";
import { parseSlice } from "../../domain/layer.ts";
import {
  type KpiName,
  parseAlternativeNames,
  parseExperimentName,
  parseKpiName,
  quote,
  tooFewAlternatives,
} from "../../domain/names.ts";
import { parseWeights } from "../../domain/policy/weighted.ts";
import { parseDimensions, withCommon } from "../../domain/segments.ts";
import { parseTrafficFraction } from "../../domain/traffic.ts";
import type { ServiceContext } from "../context.ts";
import type { AdministerContext, Target } from "./act.ts";
import { addKpi } from "./acts/counted-kpis.ts";
import { describeKpi } from "./acts/kpi-settings.ts";
import { setSlice } from "./acts/layer-acts.ts";
import { addDimensions } from "./acts/segment-acts.ts";
import { makeOf } from "./make-of.ts";

/** As written by whoever declares. */
export interface Declaration {
  /** Two or more; the first one is the control. */
  readonly alternatives: readonly string[];
  /** One per alternative; `undefined` shares evenly. */
  readonly weights: readonly string[] | undefined;
  /** Given, calls don't change it. */
  readonly trafficFraction: string | undefined;
  /**
   * KPIs that calls may count, each as `name`, or with what it counts and which way is better: `revenue:value`,
   * `refunds:value:lower`, also with `cap=` and `window_days=`: `revenue:value:cap=400:window_days=30`. Further ones
   * may be added by declaring again.
   * @default none
   */
  readonly kpis?: readonly string[];
  /** A layer, and the slice of it as two numbers; given for one that exists, its slice changes. @default none */
  readonly layer?: { readonly name: string; readonly slice: readonly string[] } | undefined;
  /** Dimensions, each as `plan=free|pro`, or `device` or `browser` alone; those that are new are added. @default none */
  readonly segments?: readonly string[];
}

interface DeclaredKpi {
  readonly name: KpiName;
  readonly settings: RawKpiSettings;
}

/** @throws SixpackError invalid-kpi-name, invalid-form */
function parseDeclaredKpi(raw: string): DeclaredKpi {
  const [name = "", ...said] = raw.split(":");
  const named = (key: string) => said.find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1);
  const [counts, better, further] = said.filter((one) => !one.includes("="));
  const odd = further ?? said.find((one) => /=/.test(one) && !/^(cap|window_days)=/.test(one));
  if (odd !== undefined) {
    throw new SixpackError(
      "invalid-form",
      `Expected a KPI as name:counts:better with cap=… and window_days=…, got ${quote(odd)} in ${quote(raw)}`,
    );
  }
  const settings = { counts, better, cap: named("cap"), windowDays: named("window_days") };
  const kpi = parseKpiName(name);
  withSettings({ name: kpi }, settings);
  return { name: kpi, settings };
}

export type Declared =
  | { readonly kind: "declared"; readonly experiment: Experiment }
  /** One of this name with these alternatives exists; at most KPIs and segments were added, or the slice changed. */
  | { readonly kind: "existing"; readonly experiment: Experiment };

/**
 * Declaring twice is no error, so that a deployment may do it every time.
 * @throws SixpackError invalid-experiment-name, invalid-alternative-name, duplicate-alternatives, too-few-alternatives,
 * invalid-weights, invalid-traffic-fraction, invalid-slice, slice-taken, experiment-begun, invalid-kpi-name,
 * too-many-kpis, alternatives-changed
 */
export async function declare(
  context: AdministerContext & Pick<ServiceContext, "settings">,
  target: Target,
  declaration: Declaration,
): Promise<Declared> {
  const { store, settings, clock } = context;
  const name = parseExperimentName(target.name);
  if (declaration.alternatives.length < 2) {
    throw tooFewAlternatives(declaration.alternatives.length);
  }
  const alternatives = parseAlternativeNames(declaration.alternatives);
  const weights = declaration.weights === undefined ? null : parseWeights(declaration.weights, alternatives.length);
  const trafficFraction =
    declaration.trafficFraction === undefined ? undefined : parseTrafficFraction(declaration.trafficFraction);
  const kpis = (declaration.kpis ?? []).map(parseDeclaredKpi);
  const dimensions = parseDimensions(declaration.segments ?? []);
  const slice = declaration.layer && parseSlice(declaration.layer.name, declaration.layer.slice);
  const stored = await store.definitions.read(name);
  const { experiment, isMade } =
    stored === undefined
      ? await makeOf(context, target, {
          name,
          slice,
          alternatives,
          weights,
          trafficFraction,
          policy: weights === null ? settings.defaultPolicy : undefined,
          createdAtMs: clock.nowMs(),
          dimensions: withCommon(dimensions.length === 0 ? undefined : dimensions, settings.dimensions),
          trafficHeld: trafficFraction !== undefined,
        })
      : { experiment: stored, isMade: false };
  if (!acceptsAlternatives(experiment, alternatives)) {
    const names = experiment.alternatives.map((_, index) => alternativeName(experiment, index)).join(", ");
    const given = alternatives.join(", ");
    throw new SixpackError(
      "alternatives-changed",
      `Expected the stored alternatives of ${name} (${names}), got ${given}`,
    );
  }
  if (slice !== undefined) await setSlice(context, target, slice);
  let declared = dimensions.length === 0 ? experiment : await addDimensions(context, target, () => dimensions);
  for (const kpi of kpis) {
    if (kpiNamed(declared, kpi.name) === undefined) declared = await addKpi(context, target, kpi.name);
    declared = await describeKpi(context, target, kpi.name, kpi.settings);
  }
  return { kind: isMade ? "declared" : "existing", experiment: declared };
}
