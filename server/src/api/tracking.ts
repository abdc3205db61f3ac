/**
 * Conversions by OpenFeature's remote evaluation protocol. Experimental: the protocol discusses such an endpoint (its issue 71)
 * and has settled neither path nor body; the members here are those of OpenFeature's tracking API.
 */
import { Type } from "typebox";
import { Check } from "typebox/value";
import { SixpackError } from "../domain/errors.ts";
import type { ConvertEverywhereAnswer } from "../service/convert-everywhere.ts";
import { type Arguments, noArguments } from "./arguments.ts";
import { type EvaluationFailure, parseVisitor } from "./ofrep.ts";

export const TRACKING_EVENT = Type.Object({
  context: Type.Object({
    targetingKey: Type.String({ minLength: 1 }),
    userAgent: Type.Optional(Type.String()),
    ipAddress: Type.Optional(Type.String()),
  }),
  trackingEventName: Type.String({ minLength: 1, description: "Name of the KPI" }),
  trackingEventDetails: Type.Optional(
    Type.Object({
      value: Type.Optional(Type.Number({ description: "Value of this conversion" })),
      id: Type.Optional(Type.String({ description: "Identity of this event, so that it counts once" })),
    }),
  ),
});

/** The event as arguments of a `/convert` that names no experiment. */
export function parseTracking(text: string): Arguments | EvaluationFailure {
  const visitor = parseVisitor(text);
  if ("errorCode" in visitor) return visitor;
  const event: unknown = JSON.parse(text);
  if (!Check(TRACKING_EVENT, event)) {
    const errorDetails =
      "Expected `trackingEventName` as a text, and in `trackingEventDetails` at most `value` as a number and `id` as a text";
    return { errorCode: "PARSE_ERROR", errorDetails };
  }
  const { trackingEventName: kpi, trackingEventDetails: { value, id } = {} } = event;
  return {
    ...noArguments(),
    client_id: visitor.client,
    kpi,
    value: value === undefined ? undefined : String(value),
    id,
    user_agent: visitor.userAgent,
    ip_address: visitor.address,
  };
}

/** Applications track what everybody does: whoever takes part in nothing is no mistake of theirs. */
export function orNobody(error: unknown): ConvertEverywhereAnswer {
  if (error instanceof SixpackError && error.code === "not-participating")
    return { kind: "converted", conversions: [] };
  throw error;
}
