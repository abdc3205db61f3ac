/** The form by which an experiment is declared. */
import type { Declaration } from "../../service/administer/declare.ts";
import { formField, formList } from "../../service/administer/fields.ts";

/** Lists come as fields sent several times, as JSON lists, or as one text with commas. @throws SixpackError invalid-form */
export function declarationOf(body: unknown): Declaration {
  return {
    alternatives: trimmed(formList(body, "alternatives")),
    weights: isGiven(body, "weights") ? trimmed(formList(body, "weights")) : undefined,
    trafficFraction: formField(body, "traffic_fraction"),
  };
}

function isGiven(body: unknown, name: string): boolean {
  return typeof body === "object" && body !== null && Object.hasOwn(body, name) && Reflect.get(body, name) !== "";
}

function trimmed(items: readonly string[]): readonly string[] {
  return items.map((item) => item.trim());
}
