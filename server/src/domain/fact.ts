/**
 * What is worth telling of an experiment, each once in a life. A fact is written into the definition by
 * `service/analysis/notebook.ts` and told by `service/alerts/herald.ts`, which outlives a restart in between.
 */
import { hash } from "node:crypto";

/** Kinds of facts of an experiment. */
export const FACT_KINDS = [
  "sample-ratio-mismatch",
  "harm",
  "better",
  "planned-size-reached",
  "no-difference",
  "no-traffic",
  "no-conversions",
  "arm-without-participants",
  "intake-closed",
  "ended",
  "winner-set",
] as const;
export type FactKind = (typeof FACT_KINDS)[number];

export interface Fact {
  readonly kind: FactKind;
  /** What tells it from others of its kind: names of KPI and alternative, or a moment; empty where there is only one. */
  readonly subject: string;
  /** For people. */
  readonly sentence: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** There until it was told. */
  readonly untold?: true;
}

export type NewFact = Pick<Fact, "kind" | "subject" | "sentence">;

/** Most that are kept of a life; of more the oldest go. */
export const FACTS_MAX = 100;

/** Oldest change of a person that is still news, in milliseconds: what was done before the server knew facts is not told. */
export const NEWS_MS = 24 * 60 * 60_000;

/** The same for whoever tells it, and however often. */
export function factId(
  { name, life }: { readonly name: string; readonly life: number },
  { kind, subject, atMs }: Fact,
): string {
  return `fact_${hash("sha256", [name, life, kind, subject, atMs].join("\0"), "hex").slice(0, 32)}`;
}
