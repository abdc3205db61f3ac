/**
 * Facts: events worth an alert, each told once in the life of an experiment. `service/analysis/notebook.ts` writes a
 * fact into the definition, and `service/alerts/herald.ts` tells it, even if the server restarts in between.
 */
import { hash } from "node:crypto";
import { DAY_MS } from "../lib/time.ts";
import { ALTERNATIVES_MAX } from "./names.ts";

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
  "paused",
  "ended",
  "winner-set",
] as const;
export type FactKind = (typeof FACT_KINDS)[number];

export interface Fact {
  readonly kind: FactKind;
  /**
   * Distinguishes facts of one kind: the names of KPI and alternative, or a moment; empty where there can be only one.
   */
  readonly subject: string;
  /** For people. */
  readonly sentence: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Set until it was told. */
  readonly untold?: true;
}

export type NewFact = Pick<Fact, "kind" | "subject" | "sentence">;

/** The action in the log of a fact that was noticed. */
export function noticedAction(kind: FactKind): string {
  return `noticed-${kind}`;
}

/** The kind of fact that an entry of the log tells; `undefined` of what people and schedules did. */
export function factOf(action: string): FactKind | undefined {
  return FACT_KINDS.find((kind) => noticedAction(kind) === action);
}

/**
 * Most facts of a kind that are kept for one life; beyond that the oldest are dropped. What is still found at every look, as
 * that there is no difference or that alternatives get nobody, must not be among them, or it would be told again: it is
 * never older than those of its own kind, and no kind is about more than every alternative.
 */
export const FACTS_MAX = ALTERNATIVES_MAX;

/**
 * Oldest change by a person that is still told, in milliseconds. What was done before an upgrade to this version is no
 * news.
 */
export const NEWS_MS = DAY_MS;

/** The id of a fact: the same in every process and at every try, so that receivers can drop repeats. */
export function factId(
  { name, life }: { readonly name: string; readonly life: number },
  { kind, subject, atMs }: Fact,
): string {
  return `fact_${hash("sha256", [name, life, kind, subject, atMs].join("\0"), "hex").slice(0, 32)}`;
}
