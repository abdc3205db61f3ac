/** A `/participate` as the API parses it, with only its first three arguments given unless told otherwise. */
import { parseClientId } from "../../src/domain/names.ts";
import { ANYBODY } from "../../src/domain/scope.ts";
import type { ParticipateRequest } from "../../src/service/participate.ts";

export type WantedParticipation = Partial<Omit<ParticipateRequest, "client">> & { readonly client?: string };

export function participation({ client = "1", ...wanted }: WantedParticipation = {}): ParticipateRequest {
  return {
    experiment: "service",
    alternatives: ["red", "green", "blue"],
    force: undefined,
    recordForce: false,
    prefetch: false,
    trafficFraction: undefined,
    weights: undefined,
    userAgent: undefined,
    address: undefined,
    caller: ANYBODY,
    mayCreate: true,
    day: undefined,
    ...wanted,
    client: parseClientId(client),
  };
}
