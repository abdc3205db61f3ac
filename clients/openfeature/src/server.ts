/**
 * OpenFeature provider for servers: every evaluation is a participation of the client that `targetingKey` names.
 *
 *     await OpenFeature.setProviderAndWait(new SixpackProvider("http://localhost:5000", {
 *       flags: { button: { alternatives: ["red", "blue"] } },
 *     }));
 */
import {
  InvalidContextError,
  type JsonValue,
  type ResolutionDetails,
  TargetingKeyMissingError,
} from "@openfeature/core";
import type { EvaluationContext, Provider, TrackingEventDetails } from "@openfeature/server-sdk";
import type { Session, SessionOptions } from "@sixpack/client";
import { ServerSession, type ServerSessionOptions } from "@sixpack/client/server";
import { goalsOf, type ProviderOptions } from "./flags.ts";
import { details, type FlagType, flagOf } from "./resolution.ts";

export type { Flag, Goal, ProviderOptions } from "./flags.ts";

type VisitorOptions = Pick<SessionOptions, "userAgent" | "ipAddress" | "segments">;

/** A name, by the rules of the server. */
const DIMENSION = /^[a-z0-9][\w-]{0,254}$/i;
const COVARIATE_MAX = 1e12;

export interface ServerProviderOptions extends ProviderOptions, Pick<ServerSessionOptions, "apiKey"> {}

export class SixpackProvider implements Provider {
  readonly metadata = { name: "sixpack" };
  readonly runsOn = "server";
  readonly #baseUrl: string;
  readonly #options: ServerProviderOptions;
  readonly #conversions = new Set<Promise<unknown>>();

  /** @throws TypeError when `baseUrl` is no http URL, or `apiKey` is not valid */
  constructor(baseUrl: string, options: ServerProviderOptions) {
    this.#baseUrl = new ServerSession(baseUrl, { apiKey: options.apiKey }).baseUrl;
    this.#options = options;
  }

  resolveBooleanEvaluation(key: string, _: boolean, context: EvaluationContext): Promise<ResolutionDetails<boolean>> {
    return this.#resolve(key, context, "boolean");
  }

  resolveStringEvaluation(key: string, _: string, context: EvaluationContext): Promise<ResolutionDetails<string>> {
    return this.#resolve(key, context, "string");
  }

  resolveNumberEvaluation(key: string, _: number, context: EvaluationContext): Promise<ResolutionDetails<number>> {
    return this.#resolve(key, context, "number");
  }

  resolveObjectEvaluation<T extends JsonValue>(
    key: string,
    _: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return this.#resolve(key, context, "object");
  }

  /** Converts in the background; `onClose` waits for it. @throws TypeError for an event whose name is no KPI's */
  track(event: string, context: EvaluationContext, { value }: TrackingEventDetails): void {
    const session = this.#session(context);
    for (const [experiment, kpi] of goalsOf(this.#options, event)) {
      // Throws for a bad name here and now, where the SDK hears of it.
      session.conversion(experiment, kpi, value);
      const conversion = session.convert(experiment, kpi, value);
      this.#conversions.add(conversion);
      conversion.finally(() => this.#conversions.delete(conversion));
    }
  }

  async onClose(): Promise<void> {
    await Promise.all(this.#conversions);
  }

  async #resolve<T extends JsonValue>(
    key: string,
    context: EvaluationContext,
    type: FlagType,
  ): Promise<ResolutionDetails<T>> {
    const flag = flagOf(this.#options.flags, key);
    const session = this.#session(context);
    const { experiment = key, alternatives, trafficFraction, weights } = flag;
    const covariate = covariateOf(context);
    return details(flag, await session.ask(experiment, alternatives, { trafficFraction, weights, covariate }), type);
  }

  /** @throws TargetingKeyMissingError, InvalidContextError */
  #session(context: EvaluationContext): Session {
    const { targetingKey } = context;
    if (!targetingKey) throw new TargetingKeyMissingError("Expected a targetingKey: the client id");
    const { timeoutMs, retries, onFailure, apiKey } = this.#options;
    try {
      return new ServerSession(this.#baseUrl, {
        ...visitorOf(context),
        clientId: targetingKey,
        timeoutMs,
        retries,
        onFailure,
        apiKey,
      });
    } catch (cause) {
      throw new InvalidContextError(String(cause), { cause });
    }
  }
}

/** Like a segment, a number that is none must not cost the evaluation. */
function covariateOf({ covariate }: EvaluationContext): number | undefined {
  return typeof covariate === "number" && Math.abs(covariate) <= COVARIATE_MAX ? covariate : undefined;
}

/** What the server is told of the visitor besides its id. A segment that is none must not cost the evaluation. */
function visitorOf({ userAgent, ipAddress, segment }: EvaluationContext): VisitorOptions {
  const segments = Object.entries(typeof segment === "object" ? { ...segment } : {}).filter(
    (pair): pair is [string, string] => DIMENSION.test(pair[0]) && typeof pair[1] === "string",
  );
  return {
    segments: Object.fromEntries(segments),
    ...(typeof userAgent === "string" && { userAgent }),
    ...(typeof ipAddress === "string" && { ipAddress }),
  };
}
