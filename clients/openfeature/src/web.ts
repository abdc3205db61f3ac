/**
 * OpenFeature provider for browsers: all flags are asked for once, when it is set and when the context changes, and then
 * answered at once. Without a `targetingKey` the client is the one of the cookie `sixpack_client_id`.
 *
 *     await OpenFeature.setProviderAndWait(new SixpackWebProvider("https://ab.example.com", {
 *       flags: { button: { alternatives: ["red", "blue"] } },
 *     }));
 */
import {
  type JsonValue,
  ProviderNotReadyError,
  type ResolutionDetails,
  StandardResolutionReasons,
} from "@openfeature/core";
import type { EvaluationContext, Provider, TrackingEventDetails } from "@openfeature/web-sdk";
import { type Alternatives, type Failure, type Participation, Session } from "@sixpack/client";
import { type Flag, goalsOf, type ProviderOptions } from "./flags.ts";
import { details, type FlagType, flagOf, type Resolved, reasonsOf } from "./resolution.ts";

export type { Flag, Goal, ProviderOptions } from "./flags.ts";

export interface WebProviderOptions extends ProviderOptions {
  /** Takes conversions instead of the session: makes a `ConversionQueue` of `@sixpack/client/queue` from it. */
  readonly queue?: ((session: Session) => Converter) | undefined;
}

export interface Converter {
  convert(experiment: string | null, kpi?: string | null, value?: number | null): unknown;
}

export class SixpackWebProvider implements Provider {
  readonly metadata = { name: "sixpack" };
  readonly runsOn = "client";
  readonly #baseUrl: string;
  readonly #options: WebProviderOptions;
  #resolved: ReadonlyMap<string, Resolved> = new Map();
  #session: Session | undefined;
  #converter: Converter | undefined;

  constructor(baseUrl: string, options: WebProviderOptions) {
    this.#baseUrl = baseUrl;
    this.#options = options;
  }

  initialize(context: EvaluationContext = {}): Promise<void> {
    return this.#load(context);
  }

  onContextChange(_: EvaluationContext, context: EvaluationContext): Promise<void> {
    return this.#load(context);
  }

  resolveBooleanEvaluation(key: string): ResolutionDetails<boolean> {
    return this.#resolve(key, "boolean");
  }

  resolveStringEvaluation(key: string): ResolutionDetails<string> {
    return this.#resolve(key, "string");
  }

  resolveNumberEvaluation(key: string): ResolutionDetails<number> {
    return this.#resolve(key, "number");
  }

  resolveObjectEvaluation<T extends JsonValue>(key: string): ResolutionDetails<T> {
    return this.#resolve(key, "object");
  }

  /** @throws TypeError for an event whose name is no KPI's; ProviderNotReadyError */
  track(event: string, _: EvaluationContext, { value }: TrackingEventDetails): void {
    const session = this.#session;
    if (session === undefined) throw new ProviderNotReadyError("Expected track after the provider is ready");
    for (const [experiment, kpi] of goalsOf(this.#options, event)) {
      // Throws for a bad name here and now, where the SDK hears of it.
      session.conversion(experiment, kpi, value);
      (this.#converter ?? session).convert(experiment, kpi, value);
    }
  }

  #resolve<T extends JsonValue>(key: string, type: FlagType): ResolutionDetails<T> {
    const flag = flagOf(this.#options.flags, key);
    const resolved = this.#resolved.get(key);
    if (resolved === undefined) throw new ProviderNotReadyError("Expected an evaluation after the provider is ready");
    return details(flag, resolved, type);
  }

  async #load({ targetingKey }: EvaluationContext): Promise<void> {
    const { flags, timeoutMs, retries, onFailure, queue } = this.#options;
    const failures = new Map<string | null, Failure>();
    const session = new Session(this.#baseUrl, {
      clientId: targetingKey || undefined,
      timeoutMs,
      retries,
      onFailure: (failure) => {
        failures.set(failure.experiment, failure);
        onFailure?.(failure);
      },
    });
    const answers = await askAll(session, flags);
    const reasons = await reasonsOf(session, {}, timeoutMs);
    const resolved = Object.keys(flags).map((key): [string, Resolved] => {
      const experiment = experimentOf(flags, key);
      const alternative = answers[experiment] ?? "";
      const failure = failures.get(experiment);
      const participation: Participation = failure === undefined ? { alternative } : { alternative, failure };
      return [key, { participation, reason: reasons.get(experiment) ?? StandardResolutionReasons.UNKNOWN }];
    });
    this.#resolved = new Map(resolved);
    this.#session = session;
    this.#converter = queue?.(session);
  }
}

/** Alternatives by experiment: one request for flags without settings of their own, one for each of the others. */
async function askAll(
  session: Session,
  flags: Readonly<Record<string, Flag>>,
): Promise<Readonly<Record<string, string>>> {
  const plain: Record<string, Alternatives> = {};
  const answers: Promise<Readonly<Record<string, string>>>[] = [];
  for (const [key, { alternatives, trafficFraction, weights }] of Object.entries(flags)) {
    const experiment = experimentOf(flags, key);
    if (trafficFraction === undefined && weights === undefined) plain[experiment] = alternatives;
    else {
      const asked = session.participate(experiment, alternatives, { trafficFraction, weights });
      answers.push(asked.then((alternative) => ({ [experiment]: alternative })));
    }
  }
  answers.push(session.participateAll(plain));
  return Object.assign({}, ...(await Promise.all(answers)));
}

function experimentOf(flags: Readonly<Record<string, Flag>>, key: string): string {
  return flags[key]?.experiment ?? key;
}
