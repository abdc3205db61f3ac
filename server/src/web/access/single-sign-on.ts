/**
 * Login at an OpenID Connect provider: the authorization code flow with PKCE, by openid-client. Why that library, and what
 * is ours: docs/decisions/0035-single-sign-on-by-openid-client.md.
 *
 * Nothing is kept here while somebody is away at the provider. The browser holds a random text in a cookie, and the `state`
 * that travels with it is a seal bound to that text. Nonce and PKCE's secret are signatures over both, so that neither
 * leaves this server, and a login may be begun in several tabs at once.
 */
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import type { Role } from "../../domain/role.ts";
import { hasPassed, MINUTE_MS } from "../../lib/time.ts";
import type { OidcMode } from "../http/identity.ts";
import { seal, sign, unseal } from "../http/signature.ts";
import { LOGIN_PATH, SIGN_ON_CALLBACK_PATH } from "../http/urls.ts";
import { isOffline, messageOf, OpenIdProvider, ProviderUnreachable } from "./openid-provider.ts";
import { type Claims, isComplete, personIn } from "./vouched-person.ts";

/** How long somebody may take at the provider, in milliseconds. */
export const SIGN_ON_TIME_MAX_MS = 10 * MINUTE_MS;
/** Longest path to go to afterwards, in characters: it travels in addresses, which providers cut. */
const NEXT_LENGTH_MAX = 512;

const STATE = Type.Object({ id: Type.String(), next: Type.String(), beganMs: Type.Integer() });
type State = Readonly<Static<typeof STATE>>;

export type SignOnRefusal =
  /** Begun in another browser, too long ago, or not by us. */
  | "stale"
  /** The provider says no, or the person did. */
  | "declined"
  /** What the provider answered does not hold. */
  | "invalid"
  | "clock"
  | "unreachable"
  | "nameless"
  | "without-role";

type SignOn =
  | {
      readonly kind: "person";
      readonly name: string;
      readonly role: Role;
      readonly next: string;
      /** Tells the provider at the logout whose session it should end. */
      readonly idToken: string | undefined;
    }
  | {
      readonly kind: "refused";
      readonly why: SignOnRefusal;
      readonly next: string;
      /** For the log. */
      readonly detail: string;
      readonly name?: string;
    };

export interface SingleSignOnOptions {
  readonly mode: OidcMode;
  readonly secretKey: string;
  readonly randomBytes: (count: number) => Buffer;
  readonly nowMs: () => number;
  /** Names of tokens, which no person may have. */
  readonly taken: ReadonlySet<string>;
}

export class SingleSignOn {
  readonly #options: SingleSignOnOptions;
  readonly #provider: OpenIdProvider;

  constructor(options: SingleSignOnOptions) {
    this.#options = options;
    this.#provider = new OpenIdProvider(options.mode);
  }

  /**
   * Where the login takes place.
   * @param browser the text in the browser's cookie
   * @param next a path of ours; nobody changes it on the way, as it is signed
   * @param again whether the provider should ask for a password even if it knows the person
   * @throws what kept the provider from answering
   */
  async begin(browser: string, next: string, again: boolean): Promise<string> {
    const { mode, nowMs, randomBytes, secretKey } = this.#options;
    const { library, configuration } = await this.#provider.open();
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = library;
    const state: State = {
      id: randomBytes(9).toString("base64url"),
      next: next.length > NEXT_LENGTH_MAX ? "/" : next,
      beganMs: nowMs(),
    };
    const address = buildAuthorizationUrl(configuration, {
      redirect_uri: `${mode.webUrl}${SIGN_ON_CALLBACK_PATH}`,
      scope: mode.scope,
      state: seal(secretKey, "sign-on", state, browser),
      nonce: this.#derived("nonce", browser, state),
      code_challenge: await calculatePKCECodeChallenge(this.#derived("verifier", browser, state)),
      code_challenge_method: "S256",
      ...(again ? { prompt: "login" } : {}),
    });
    return address.href;
  }

  /** @param query what the provider sent the browser back with, and @param browser the text in its cookie */
  async finish(query: URLSearchParams, browser: string | undefined): Promise<SignOn> {
    const text = query.get("state") ?? "";
    const state = browser === undefined ? undefined : this.#state(text, browser);
    if (browser === undefined || state === undefined) {
      return { kind: "refused", why: "stale", next: "/", detail: "Expected a login begun in this browser" };
    }
    const { next } = state;
    const { mode, taken } = this.#options;
    try {
      const { claims, idToken } = await this.#exchange(query, { text, state, browser });
      const person = personIn(claims, mode, taken);
      switch (person.kind) {
        case "person":
          return { ...person, next, idToken };
        case "nameless":
          return { kind: "refused", why: person.kind, next, detail: person.detail };
        case "without-role":
          return { kind: "refused", why: person.kind, next, name: person.name, detail: "Expected a role, got none" };
      }
    } catch (error) {
      return { kind: "refused", next, ...whyOf(error) };
    }
  }

  /** Where the provider ends its own session; `undefined` where it does not say, or does not answer. */
  async logoutUrl(idToken: string | undefined): Promise<string | undefined> {
    try {
      const { library, configuration } = await this.#provider.open();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
      return library.buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: `${this.#options.mode.webUrl}${LOGIN_PATH}`,
        ...(idToken === undefined ? {} : { id_token_hint: idToken }),
      }).href;
    } catch {
      return undefined;
    }
  }

  /** Asks the provider for its addresses, so that the first login need not. @throws what kept it from answering */
  async prepare(): Promise<void> {
    await this.#provider.open();
  }

  async #exchange(
    query: URLSearchParams,
    { text, state, browser }: { readonly text: string; readonly state: State; readonly browser: string },
  ): Promise<{ readonly claims: Claims; readonly idToken: string | undefined }> {
    const { mode } = this.#options;
    const { library, configuration } = await this.#provider.open();
    const tokens = await library.authorizationCodeGrant(
      configuration,
      new URL(`${mode.webUrl}${SIGN_ON_CALLBACK_PATH}?${query}`),
      {
        expectedState: text,
        expectedNonce: this.#derived("nonce", browser, state),
        pkceCodeVerifier: this.#derived("verifier", browser, state),
        idTokenExpected: true,
      },
    );
    const said = tokens.claims();
    if (said === undefined) throw new Error("Expected an ID token, got none");
    const isEnough = isComplete(said, mode) || configuration.serverMetadata().userinfo_endpoint === undefined;
    const more = isEnough ? {} : await library.fetchUserInfo(configuration, tokens.access_token, said.sub);
    return { claims: { ...more, ...said }, idToken: tokens.id_token };
  }

  #state(text: string, browser: string): State | undefined {
    const { nowMs, secretKey } = this.#options;
    const read = (raw: unknown) => (Check(STATE, raw) ? raw : undefined);
    const state = unseal(secretKey, "sign-on", text, read, () => browser);
    return state === undefined || hasPassed(SIGN_ON_TIME_MAX_MS, state.beganMs, nowMs()) ? undefined : state;
  }

  #derived(use: "nonce" | "verifier", browser: string, { id }: State): string {
    return sign(this.#options.secretKey, "sign-on", `${use}:${browser}:${id}`);
  }
}

function whyOf(error: unknown): { readonly why: SignOnRefusal; readonly detail: string } {
  const detail = messageOf(error);
  if (error instanceof ProviderUnreachable) return { why: "unreachable", detail: error.message };
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  if (name === "AuthorizationResponseError") return { why: "declined", detail };
  if (code === "OAUTH_JWT_TIMESTAMP_CHECK_FAILED") return { why: "clock", detail };
  return { why: isOffline(error) ? "unreachable" : "invalid", detail };
}
