/** The definition of an experiment of Sixpack, as ours. */
import { createdExperiment } from "../../../domain/draft.ts";
import { SixpackError } from "../../../domain/errors.ts";
import { alternativeIndex } from "../../../domain/experiment.ts";
import { kpisOfNames } from "../../../domain/kpi-definition.ts";
import { ALTERNATIVES_MAX, KPIS_MAX, parseExperimentName } from "../../../domain/names.ts";
import { isEmpty } from "../../../lib/text.ts";
import type { ForeignExperiment } from "../../../store/transfer.ts";
import type { SourceExperiment } from "./source.ts";

/**
 * Flags, winner, description, KPIs and creation date are taken as they are, names of alternatives and KPIs too: one that
 * was stored keeps working, whatever the rule says today. The name of the experiment must be one that could be made, or
 * the experiment could never be made again once it is deleted.
 * @param fallbackMs creation date where the source has none, in milliseconds since 1970
 * @throws SixpackError invalid-experiment-name, too-few-alternatives, too-many-alternatives, too-many-kpis: what a record can't hold
 */
export function foreignDefinition(source: SourceExperiment, fallbackMs: number): ForeignExperiment {
  const { alternatives, kpis, winner, fields } = source;
  const name = parseExperimentName(source.name);
  const found = `got ${alternatives.length} in ${name}`;
  if (alternatives.length < 2)
    throw new SixpackError("too-few-alternatives", `Expected 2 or more alternatives, ${found}`);
  if (alternatives.length > ALTERNATIVES_MAX) {
    throw new SixpackError("too-many-alternatives", `Expected at most ${ALTERNATIVES_MAX} alternatives, ${found}`);
  }
  if (kpis.length > KPIS_MAX) {
    throw new SixpackError("too-many-kpis", `Expected at most ${KPIS_MAX} KPIs, got ${kpis.length} in ${name}`);
  }
  const description = fields.get("description");
  const draft = {
    name,
    alternatives,
    trafficFraction: trafficFraction(fields),
    createdAtMs: createdAtMs(fields.get("created_at")) ?? fallbackMs,
    description: isEmpty(description) ? null : description,
  };
  const { life: _, version: __, ...definition } = createdExperiment(draft, 0, 0);
  const index = winner === null ? -1 : alternativeIndex({ ...definition, life: 0, version: 0 }, winner);
  return {
    ...definition,
    // The original answers "is it there?", whatever the value.
    archived: fields.has("archived"),
    paused: fields.has("paused"),
    winner: definition.alternatives[index]?.name ?? null,
    kpis: kpisOfNames(kpis),
  };
}

/** In (0, 1]. 2.7 wrote `False` after a reset, 1.0 kept whole percent in `traffic_dist`, older ones had neither: all of it. */
function trafficFraction(fields: ReadonlyMap<string, string>): number {
  const percent = fields.get("traffic_dist");
  const fraction = Number(fields.get("traffic_fraction") ?? (percent === undefined ? "1" : Number(percent) / 100));
  return fraction > 0 && fraction <= 1 ? fraction : 1;
}

/** `2024-11-28 09:00`, with seconds and their fractions in old versions. The original wrote no zone; it is read as UTC. */
function createdAtMs(text: string | undefined): number | undefined {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)/.exec(text ?? "") ?? [];
  const ms = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
