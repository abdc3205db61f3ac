/** A dashboard for tests, and visits as if they had come. */
import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { type Assignment, assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import { clientKey, digestOf } from "../../src/domain/digest.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { withKpi } from "../../src/domain/experiment-kpis.ts";
import { kpiOf } from "../../src/domain/kpi.ts";
import { parseAlternativeNames, parseClientId, parseExperimentName, parseKpiName } from "../../src/domain/names.ts";
import { type Day, parseDay } from "../../src/domain/period.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import type { Store } from "../../src/store/store.ts";
import { createWebApp } from "../../src/web/app.ts";
import type { WebOptions } from "../../src/web/http/web-options.ts";
import * as make from "../support/make.ts";

const OPEN: WebOptions = {
  access: { mode: { kind: "none" }, tokens: [] },
  secretKey: "a secret for tests",
  randomBytes,
  csrfDisabled: true,
  trustsProxy: undefined,
  debug: false,
  logger: undefined,
};

/** A dashboard that lets every form through, unless the options say otherwise. */
export function openApp(context: ServiceContext, options: Partial<WebOptions> = {}): FastifyInstance {
  return createWebApp(context, { ...OPEN, ...options });
}

export function createExperiment(
  { store }: ServiceContext,
  name: string,
  alternatives: readonly string[] = ["red", "blue"],
  more: { readonly createdAtMs?: number; readonly description?: string } = {},
): Promise<Experiment> {
  return make.created(store, {
    name: parseExperimentName(name),
    alternatives: parseAlternativeNames(alternatives),
    createdAtMs: make.NOW_MS,
    ...more,
  });
}

/** What one client did: `index` is its alternative, `null` outside the traffic. */
export interface Visit {
  readonly client: string;
  readonly index: number | null;
  readonly day?: string;
  /** KPIs it reached on the same day; `null` is the default one. */
  readonly converts?: readonly (string | null)[];
  readonly value?: number;
}

/** Records visits in the store, past all deciding. */
export async function record({ store }: ServiceContext, name: string, visits: readonly Visit[]): Promise<void> {
  let experiment = await store.definitions.read(parseExperimentName(name));
  if (experiment === undefined) throw new Error(`Expected ${name} to exist`);
  for (const visit of visits) {
    const client = clientKey(digestOf(experiment.name, parseClientId(visit.client)));
    const proposal: Assignment = visit.index === null ? EXCLUDED : assigned(visit.index);
    const day: Day = parseDay(visit.day ?? "2025-03-01");
    await store.records.participate({ experiment, client, proposal, day });
    for (const kpi of visit.converts ?? []) {
      if (kpi !== null) experiment = await addKpi(store, experiment, kpi);
      const { number } = kpiOf(experiment, kpi === null ? null : parseKpiName(kpi));
      if (number === null) throw new Error(`Expected ${name} to know ${kpi}`);
      await store.records.convert({ experiment, client, kpi: number, day, value: visit.value ?? 0 });
    }
  }
}

async function addKpi(store: Store, experiment: Experiment, kpi: string): Promise<Experiment> {
  const next = withKpi(experiment, parseKpiName(kpi));
  if (next === experiment) return experiment;
  const outcome = await store.definitions.change(next);
  if (outcome.kind !== "changed") throw new Error(`Expected to add ${kpi}, got ${outcome.kind}`);
  return outcome.experiment;
}

/** `count` clients of one alternative, of which the first `conversions` reach the default KPI. */
export function crowd(index: number, count: number, conversions: number, day = "2025-03-01"): readonly Visit[] {
  return Array.from({ length: count }, (_, number) => ({
    client: `${index}-${day}-${number}`,
    index,
    day,
    converts: number < conversions ? [null] : [],
  }));
}
