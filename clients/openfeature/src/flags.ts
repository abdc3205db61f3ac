/** What an application tells a provider: its flags, and what its events convert. */
import type { JsonValue } from "@openfeature/core";
import type { Alternatives, ParticipateOptions, SessionOptions } from "@sixpack/client";

/** A flag is an experiment; its variants are the alternatives. */
export interface Flag extends Pick<ParticipateOptions, "trafficFraction" | "weights"> {
  /** @default the key of the flag */
  readonly experiment?: string;
  /** The first one is the control. */
  readonly alternatives: Alternatives;
  /** What each alternative means to the application. @default its name */
  readonly values?: Readonly<Record<string, JsonValue>>;
}

export interface Goal {
  readonly experiment: string;
  /** @default the name of the event; `null` is the KPI without a name */
  readonly kpi?: string | null;
}

export interface ProviderOptions extends Pick<SessionOptions, "timeoutMs" | "retries" | "onFailure"> {
  /** By key. */
  readonly flags: Readonly<Record<string, Flag>>;
  /** By name of the event. An event that isn't here converts, under its name as KPI, every experiment the client is in. */
  readonly events?: Readonly<Record<string, readonly Goal[]>>;
}

/** What an event converts: experiment and KPI, `null` for every experiment. */
export function goalsOf(
  { events = {} }: ProviderOptions,
  event: string,
): readonly (readonly [string | null, string | null])[] {
  const goals = Object.hasOwn(events, event) ? events[event] : undefined;
  if (goals === undefined) return [[null, event]];
  return goals.map(({ experiment, kpi = event }) => [experiment, kpi]);
}
