/** The fields of a declaration. Lists come as fields sent several times, as JSON lists, or as one text with commas. */
import { type TArrayOptions, type TSchema, Type } from "typebox";
import { SixpackError } from "../../domain/errors.ts";
import { ALTERNATIVES_MAX, KPIS_MAX, NAME_LENGTH_MAX } from "../../domain/names.ts";
import { DIMENSIONS_MAX } from "../../domain/segments.ts";
import { declaredOf, type Fields } from "./act.ts";
import type { Declaration } from "./declare.ts";
import { formField, formList, requiredField } from "./fields.ts";

const NAME = Type.String({ minLength: 1, maxLength: NAME_LENGTH_MAX });

export const DECLARATION_BODY: Fields = {
  name: NAME,
  alternatives: Type.Array(NAME, { minItems: 2, maxItems: ALTERNATIVES_MAX, description: "the first is the control" }),
  weights: list(Type.Number({ minimum: 0 }), { maxItems: ALTERNATIVES_MAX, description: "one per alternative" }),
  traffic_fraction: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, maximum: 1, description: "given, calls don't change it" }),
  ),
  layer: Type.Optional(Type.String({ maxLength: NAME_LENGTH_MAX, description: "a name; goes with `slice`" })),
  slice: list(Type.Number({ minimum: 0, maximum: 1 }), {
    minItems: 2,
    maxItems: 2,
    description: "where it begins and ends",
  }),
  kpis: list(Type.String(), {
    maxItems: KPIS_MAX,
    description:
      "a name, or a name with what it counts and which way is better: `revenue:value`, `refunds:value:lower`; `cap=` and `window_days=` may follow: `revenue:value:cap=p99:window_days=30`",
  }),
  segments: list(Type.String(), {
    maxItems: DIMENSIONS_MAX,
    description: "`plan=free|pro`, or `device` or `browser` alone",
  }),
};

function list(items: TSchema, options: TArrayOptions) {
  return Type.Optional(Type.Array(items, { minItems: 1, ...options }));
}

/** @throws SixpackError invalid-form, invalid-slice */
export function declarationOf(sent: unknown): { readonly name: string; readonly declaration: Declaration } {
  const body = declaredOf(DECLARATION_BODY, sent);
  const given = (name: string) => Object.hasOwn(body, name) && Reflect.get(body, name) !== "";
  const listed = (name: string) => formList(body, name).map((item) => item.trim());
  const name = requiredField(body, "name");
  if (given("slice") && !given("layer"))
    throw new SixpackError("invalid-slice", "Expected `layer` with `slice`, got none");
  const declaration = {
    alternatives: listed("alternatives"),
    weights: given("weights") ? listed("weights") : undefined,
    trafficFraction: formField(body, "traffic_fraction"),
    layer: given("layer") ? { name: formField(body, "layer") ?? "", slice: listed("slice") } : undefined,
    kpis: given("kpis") ? listed("kpis") : [],
    segments: given("segments") ? listed("segments") : [],
  };
  return { name, declaration };
}
