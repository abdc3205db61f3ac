/** What is told by segment, in sentences. Differences are hints, since their error stands beside alpha. */
import { grouped } from "../../lib/text.ts";
import { named } from "../../stats/verdict-words.ts";

/** `device=phone`, as a definition and an export name it. */
export function valueText(dimension: string, value: string): string {
  return `${dimension}=${value}`;
}

/** @param kpi whose rate says so, where that is not what decides */
export function hurtText(arm: string, segment: string, kpi: string | null): string {
  return `${named(arm)} seems to do worse than the control for ${segment}${byRate(kpi)}.`;
}

/** @param kpi as in `hurtText` */
export function differsText(arm: string, segment: string, kpi: string | null): string {
  return `${named(arm)} seems to have another effect for ${segment} than for the others${byRate(kpi)}.`;
}

export function causeText(arm: string, segment: string, missing: number, missingInAll: number): string {
  const [all, some] = [Math.round(missingInAll), Math.round(missing)];
  const which = some >= all ? "all of them have" : `${grouped(some)} of them have`;
  return `${named(arm)} is missing about ${grouped(all)} visitors, and ${which} ${segment}.`;
}

/** Less often reached is no worse where an amount decides, so then that is said. */
function byRate(kpi: string | null): string {
  return kpi === null ? "" : `, by the rate of ${kpi}`;
}
