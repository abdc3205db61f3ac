/**
 * The OpenID Connect provider: where its addresses are, and how it is asked. Nothing of it is needed to start: a provider
 * that is down only closes the login.
 */
import type * as Oidc from "openid-client";
import { isLoopback } from "../../config/loopback.ts";
import { MINUTE_MS } from "../../lib/time.ts";
import type { OidcMode } from "../http/identity.ts";

/** How far its clock and ours may be apart, in seconds. */
const CLOCK_TOLERANCE_S = 60;
/** How long it may take to answer, in seconds. */
const TIMEOUT_S = 10;
/** Longest answer of it, in bytes: a person with thousands of groups has a tenth of that. */
const ANSWER_BYTES_MAX = 1_048_576;
/** Age from which its addresses are asked for again, in milliseconds. Its keys are asked for at each login. */
const METADATA_AGE_MAX_MS = 10 * MINUTE_MS;
/** How long it is left alone after it did not answer, in milliseconds. */
const RETRY_AFTER_MS = 2_000;

interface Found {
  readonly metadata: Oidc.ServerMetadata;
  readonly atMs: number;
}

/** The library, and what it needs to talk to the provider. */
interface OpenProvider {
  readonly library: typeof Oidc;
  readonly configuration: Oidc.Configuration;
}

export class OpenIdProvider {
  readonly #mode: OidcMode;
  #found: Found | undefined;
  #failed: { readonly error: ProviderUnreachable; readonly atMs: number } | undefined;
  #asking: Promise<Oidc.ServerMetadata> | undefined;

  constructor(mode: OidcMode) {
    this.#mode = mode;
  }

  /**
   * A configuration of its own for each caller, so that the provider's keys are asked for anew: it may have changed them a
   * second ago.
   * @throws ProviderUnreachable
   */
  async open(): Promise<OpenProvider> {
    const { clientId, clientSecret, clientAuth, issuer } = this.#mode;
    // Read where it is used: without `auth: oidc` nobody loads it.
    const library = await import("openid-client");
    const secret = clientAuth === "post" ? library.ClientSecretPost : library.ClientSecretBasic;
    const configuration = new library.Configuration(
      await this.#metadata(library),
      clientId,
      { [library.clockTolerance]: CLOCK_TOLERANCE_S },
      clientSecret === undefined ? library.None() : secret(clientSecret),
    );
    configuration.timeout = TIMEOUT_S;
    configuration[library.customFetch] = fetchWhole;
    // The answer comes over TLS from the provider itself; its signature is checked all the same.
    library.enableNonRepudiationChecks(configuration);
    if (isPlainHttp(issuer)) library.allowInsecureRequests(configuration);
    return { library, configuration };
  }

  /** What was known before stands in while the provider does not answer. */
  async #metadata(library: typeof Oidc): Promise<Oidc.ServerMetadata> {
    const nowMs = performance.now();
    if (this.#found !== undefined && nowMs - this.#found.atMs < METADATA_AGE_MAX_MS) return this.#found.metadata;
    const hasJustFailed = this.#failed !== undefined && nowMs - this.#failed.atMs < RETRY_AFTER_MS;
    // All who wait share one question.
    if (!hasJustFailed) this.#asking ??= this.#ask(library);
    try {
      if (this.#asking !== undefined) return await this.#asking;
    } catch {
      // `#failed` says what it was.
    }
    if (this.#found !== undefined) return this.#found.metadata;
    throw this.#failed?.error ?? new Error("Expected an answer or a failure of the provider, got neither");
  }

  async #ask(library: typeof Oidc): Promise<Oidc.ServerMetadata> {
    const { issuer, clientId } = this.#mode;
    try {
      const configuration = await library.discovery(new URL(issuer), clientId, undefined, library.None(), {
        timeout: TIMEOUT_S,
        [library.customFetch]: fetchWhole,
        ...(isPlainHttp(issuer) ? { execute: [library.allowInsecureRequests] } : {}),
      });
      const metadata = configuration.serverMetadata();
      this.#found = { metadata, atMs: performance.now() };
      return metadata;
    } catch (error) {
      this.#failed = { error: new ProviderUnreachable(error), atMs: performance.now() };
      throw error;
    } finally {
      this.#asking = undefined;
    }
  }
}

/**
 * With the whole body, so that one that does not end in time is a time-out like another; the library reads as much as comes.
 * @throws what keeps `fetch` from answering, and Error for a body that is too long
 */
async function fetchWhole(url: string, options: Oidc.CustomFetchOptions): Promise<Response> {
  const answer = await fetch(url, options as RequestInit);
  if (answer.body === null) return answer;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body) {
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX)
      throw new Error(`Expected at most ${ANSWER_BYTES_MAX} bytes of the provider, got more`);
    pieces.push(piece);
  }
  return new Response(Buffer.concat(pieces), answer);
}

/** It did not say where its login is. */
export class ProviderUnreachable extends Error {
  constructor(cause: unknown) {
    super(`Expected an OpenID Connect provider at \`oidc_issuer\`, got: ${messageOf(cause)}`, { cause });
  }
}

/** `config/value-checks.ts` takes it on this machine only. */
function isPlainHttp(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer);
  return protocol === "http:" && isLoopback(hostname);
}

/** Whether the provider could not be reached, or took too long. */
export function isOffline(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    Reflect.get(error, "code") === "OAUTH_TIMEOUT" || (error instanceof TypeError && error.message === "fetch failed")
  );
}

/** With what lies beneath it, because the library's own words are general. Claims and tokens stay out. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "no error";
  const said = [Reflect.get(error, "error"), Reflect.get(error, "error_description")];
  const words = [error.message, ...said.filter((text) => typeof text === "string")];
  if (error.cause instanceof Error) words.push(messageOf(error.cause));
  return words.join(": ");
}
