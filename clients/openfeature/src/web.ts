/**
 * OpenFeature provider for browsers: all flags are asked for once, when it is set and when the context changes, and then
 * answered at once. Without a `targetingKey` the client is the one of the cookie `sixpack_client_id`.
 *
 *     await OpenFeature.setProviderAndWait(new SixpackWebProvider("https://ab.example.com", {
 *       flags: { button: { alternatives: ["red", "blue"] } },
 *     }));
 */
import { type JsonValue, ProviderNotReadyError, type ResolutionDetails } from "@openfeature/core";
import type { EvaluationContext, Provider, TrackingEventDetails } from "@openfeature/web-sdk";
import { type Alternatives, type Participation, Session } from "@sixpack/client";
import { type Flag, goalsOf, type ProviderOptions } from "./flags.ts";
import { details, type FlagType, flagOf } from "./resolution.ts";

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
  /** By experiment. */
  #participations: ReadonlyMap<string, Participation> = new Map();
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
    const participation = this.#participations.get(experimentOf(key, flag));
    if (participation === undefined) {
      throw new ProviderNotReadyError("Expected an evaluation after the provider is ready");
    }
    return details(flag, participation, type);
  }

  async #load({ targetingKey }: EvaluationContext): Promise<void> {
    const { flags, timeoutMs, retries, onFailure, queue } = this.#options;
    const session = new Session(this.#baseUrl, { clientId: targetingKey || undefined, timeoutMs, retries, onFailure });
    const participations = await askAll(session, flags);
    this.#participations = new Map(participations.map((participation) => [participation.experiment, participation]));
    this.#session = session;
    this.#converter = queue?.(session);
  }
}

/** One request for flags without settings of their own, and one for each of the others. */
async function askAll(session: Session, flags: Readonly<Record<string, Flag>>): Promise<readonly Participation[]> {
  const plain = new Map<string, Alternatives>();
  const answers: Promise<Participation>[] = [];
  for (const [key, flag] of Object.entries(flags)) {
    const { alternatives, trafficFraction, weights } = flag;
    const experiment = experimentOf(key, flag);
    if (trafficFraction === undefined && weights === undefined) plain.set(experiment, alternatives);
    else answers.push(session.ask(experiment, alternatives, { trafficFraction, weights }));
  }
  return (await Promise.all([session.askAll(Object.fromEntries(plain)), ...answers])).flat();
}

function experimentOf(key: string, { experiment = key }: Flag): string {
  return experiment;
}
