/**
 * Replays files of golden cases: each names a function, its inputs, what came out elsewhere (mpmath, scipy, R), and how
 * near the engine must come. Shared by the golden test and `npm run golden -- FILE`; the conventions are in the file's
 * `meta`. p-values are held relatively, so a tail that is rounded to zero fails.
 */
import { CALLS, type GoldenInputs } from "./golden-calls.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

interface GoldenCase {
  readonly id: string;
  readonly function: string;
  readonly inputs: GoldenInputs;
  readonly expected: Json;
  readonly tolerance: {
    readonly rel?: number;
    readonly abs?: number;
    readonly pRel?: number;
    readonly arcsineRel?: number;
    readonly exact?: readonly string[];
  };
}

interface GoldenFile {
  readonly cases: readonly GoldenCase[];
}

/** Every disagreement of one case, as sentences; none when it passes. */
export function replay(golden: GoldenCase): string[] {
  const call = CALLS[golden.function];
  if (call === undefined) return [`Expected a known function, got ${golden.function}`];
  const whole = golden.function === "alwaysValidP" ? "p" : "";
  return differences(call(golden.inputs), golden.expected, whole, golden.tolerance);
}

const P_FIELDS = new Set(["p", "gP", "chi2P", "pWald", "pScore"]);
const P_RELATIVE_DEFAULT = 1e-6;

function differences(got: unknown, want: Json, field: string, tolerance: GoldenCase["tolerance"]): string[] {
  if (Array.isArray(want) || (typeof want === "object" && want !== null)) {
    if (typeof got !== "object" || got === null)
      return [`${field}: expected ${JSON.stringify(want)}, got ${String(got)}`];
    if (Array.isArray(want) && (!Array.isArray(got) || got.length !== want.length)) {
      return [`${field}: expected ${want.length} values, got ${JSON.stringify(got)}`];
    }
    const parts: Record<string, unknown> = { ...got };
    return Object.entries(want).flatMap(([key, value]) => {
      const name = Array.isArray(want) ? field : key;
      return differences(parts[key], value, name, tolerance);
    });
  }
  const exact = typeof want !== "number" || tolerance.exact?.includes(field) === true;
  const number = want === "Infinity" ? Infinity : want === "-Infinity" ? -Infinity : want;
  if (exact || typeof number !== "number" || !Number.isFinite(number)) {
    return Object.is(got, number) || got === number ? [] : [`${field}: expected ${String(want)}, got ${String(got)}`];
  }
  const allowed = allowance(number, field, tolerance);
  const off = typeof got === "number" ? Math.abs(got - number) : Number.NaN;
  return off <= allowed ? [] : [`${field}: expected ${number} within ${allowed}, got ${String(got)}`];
}

function allowance(want: number, field: string, tolerance: GoldenCase["tolerance"]): number {
  if (P_FIELDS.has(field)) return (tolerance.pRel ?? P_RELATIVE_DEFAULT) * Math.abs(want);
  const relative = field === "arcsine" ? tolerance.arcsineRel : tolerance.rel;
  return Math.max(tolerance.abs ?? 0, (relative ?? 0) * Math.abs(want));
}

/** The files this module reads; a file of another shape is refused with what was expected. @throws SyntaxError */
export function parseGolden(text: string): GoldenFile {
  const file: Partial<GoldenFile> = JSON.parse(text);
  if (!Array.isArray(file.cases)) throw new SyntaxError("Expected a golden file with a list `cases`");
  return { cases: file.cases };
}
