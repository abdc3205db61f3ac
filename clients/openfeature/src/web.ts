/**
 * OpenFeature provider for browsers: all flags are asked for once, when it is set and when the client changes, and then
 * answered at once. The client takes part in an experiment when its flag is first evaluated, not when it is known.
 * Without a `targetingKey` the client is the one of the cookie `sixpack_client_id`.
 *
 *     await OpenFeature.setProviderAndWait(new SixpackWebProvider("https://ab.example.com", {
 *       flags: { button: { alternatives: ["red", "blue"] } },
 *     }));
 */
import { type JsonValue, ProviderNotReadyError, type ResolutionDetails } from "@openfeature/core";
import type { EvaluationContext, Provider, TrackingEventDetails } from "@openfeature/web-sdk";
import {
  type Alternatives,
  type ParticipateOptions,
  type Participation,
  Session,
  type SessionOptions,
} from "@sixpack/client";
import { askAll } from "@sixpack/client/batch";
import { type Flag, goalsOf, type ProviderOptions } from "./flags.ts";
import { details, type FlagType, flagOf } from "./resolution.ts";

export type { Flag, Goal, ProviderOptions } from "./flags.ts";

export interface WebProviderOptions extends ProviderOptions, Pick<SessionOptions, "cookieDomain" | "storage"> {
  /** Takes conversions instead of the session: makes a `ConversionQueue` of `@sixpack/client/queue` from it. */
  readonly queue?: ((session: Session) => Converter) | undefined;
}

export interface Converter {
  convert(experiment: string | null, kpi?: string | null, value?: number | null): unknown;
  /** Sends what waits, before `close`. */
  flush?(): Promise<unknown>;
  /** Called when the client changes, and with the provider. */
  close?(): void;
}

/** What is known of one client. */
interface Loaded {
  readonly targetingKey: string | undefined;
  readonly session: Session;
  readonly converter: Converter;
  /** By experiment. */
  readonly participations: ReadonlyMap<string, Participation>;
  /** The participations that were sent for it, by experiment. */
  readonly records: Map<string, Promise<void>>;
}

export class SixpackWebProvider implements Provider {
  readonly metadata = { name: "sixpack" };
  readonly runsOn = "client";
  readonly #baseUrl: string;
  readonly #options: WebProviderOptions;
  #loaded: Loaded | undefined;
  /** Of the newest context; what comes for an older one is dropped. */
  #newest: object | undefined;
  /** Conversions and goodbyes under way. */
  readonly #underway = new Set<Promise<unknown>>();

  /** @throws TypeError when `baseUrl` is no http URL */
  constructor(baseUrl: string, options: WebProviderOptions) {
    this.#baseUrl = new Session(baseUrl, { storage: "none" }).baseUrl;
    this.#options = options;
  }

  initialize(context: EvaluationContext = {}): Promise<void> {
    return this.#load(context);
  }

  onContextChange(_: EvaluationContext, context: EvaluationContext): Promise<void> {
    return this.#load(context);
  }

  /** Waits for what was tracked, and closes the queue. */
  async onClose(): Promise<void> {
    this.#newest = undefined;
    this.#leave();
    await Promise.all(this.#underway);
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
    const loaded = this.#loaded;
    if (loaded === undefined) throw new ProviderNotReadyError("Expected track after the provider is ready");
    const { session, converter, records } = loaded;
    for (const [experiment, kpi] of goalsOf(this.#options, event)) {
      // Throws for a bad name here and now, where the SDK hears of it.
      session.conversion(experiment, kpi, value);
      // A conversion that overtakes its participation would be refused.
      if (records.size === 0) this.#wait(converter.convert(experiment, kpi, value));
      else this.#wait(Promise.all(records.values()).then(() => converter.convert(experiment, kpi, value)));
    }
  }

  #resolve<T extends JsonValue>(key: string, type: FlagType): ResolutionDetails<T> {
    const flag = flagOf(this.#options.flags, key);
    const participation = this.#loaded?.participations.get(experimentOf(key, flag));
    if (this.#loaded === undefined || participation === undefined) {
      throw new ProviderNotReadyError("Expected an evaluation after the provider is ready");
    }
    const resolved = details<T>(flag, participation, type);
    this.#record(this.#loaded, flag, participation);
    return resolved;
  }

  /** The first time that an alternative is used. */
  #record({ session, records }: Loaded, flag: Flag, { experiment, alternative, reason }: Participation): void {
    if (reason === "forced" || records.has(experiment)) return;
    const asked = session.ask(experiment, flag.alternatives, optionsOf(flag)).then((recorded) => {
      if (recorded.failure !== undefined || recorded.alternative === alternative) return;
      const message = `Expected ${alternative} as shown, got ${recorded.alternative} on record`;
      session.report({ code: "mismatch", call: "participate", experiment, message, body: {} });
    });
    records.set(experiment, asked);
    this.#wait(asked);
  }

  async #load({ targetingKey: key }: EvaluationContext): Promise<void> {
    const targetingKey = key || undefined;
    const { flags, queue, ...options } = this.#options;
    const isSame = this.#loaded !== undefined && this.#loaded.targetingKey === targetingKey;
    // A load under way for another client ends here, too.
    const load = {};
    this.#newest = load;
    if (isSame) return;
    const session = new Session(this.#baseUrl, { ...options, clientId: targetingKey });
    const participations = await askFlags(session, flags);
    if (this.#newest !== load) return;
    this.#leave();
    this.#loaded = {
      targetingKey,
      session,
      converter: queue?.(session) ?? session,
      participations: new Map(participations.map((participation) => [participation.experiment, participation])),
      records: new Map(),
    };
  }

  /** Closes what was made for the client so far, once it has sent what it was given. */
  #leave(): void {
    if (this.#loaded === undefined) return;
    const { converter, records } = this.#loaded;
    this.#loaded = undefined;
    const given = Promise.all([...records.values(), ...this.#underway]);
    this.#wait(given.then(() => converter.flush?.()).finally(() => converter.close?.()));
  }

  #wait(work: unknown): void {
    const promise = Promise.resolve(work).catch(() => {
      // A converter of the application's own may reject; ours report by the hook.
    });
    this.#underway.add(promise);
    promise.finally(() => this.#underway.delete(promise));
  }
}

/** Only asks: one request for flags without settings of their own, and one for each of the others. */
async function askFlags(session: Session, flags: Readonly<Record<string, Flag>>): Promise<readonly Participation[]> {
  const plain = new Map<string, Alternatives>();
  const answers: Promise<Participation>[] = [];
  for (const [key, flag] of Object.entries(flags)) {
    const { alternatives, trafficFraction, weights } = flag;
    const experiment = experimentOf(key, flag);
    if (trafficFraction === undefined && weights === undefined) plain.set(experiment, alternatives);
    else answers.push(session.ask(experiment, alternatives, { ...optionsOf(flag), prefetch: true }));
  }
  return (await Promise.all([askAll(session, Object.fromEntries(plain), { prefetch: true }), ...answers])).flat();
}

function optionsOf({ trafficFraction, weights }: Flag): ParticipateOptions {
  return { trafficFraction, weights };
}

function experimentOf(key: string, { experiment = key }: Flag): string {
  return experiment;
}
