/**
 * A session: one client of the tests, and the calls it makes. docs/client-spec.md is the contract.
 *
 *     const session = new Session("https://ab.example.com");
 *     const color = await session.participate("button", ["red", "blue"]);
 *     await session.convert("button", "purchase", 19.99);
 */
import { clientIdFrom, cookieFor, cookiesOfPage, randomId } from "./client-id.ts";
import { type Failure, warn } from "./failure.ts";
import { CLIENT_ID, check, checkExperiment, checkNumber, expect } from "./names.ts";
import { type Alternatives, type ParticipateOptions, type Question, questionOf } from "./participation.ts";
import { surroundings, whenShown } from "./surroundings.ts";
import { type Arguments, type Call, judge, queryOf, type Reply, send } from "./wire.ts";

export interface SessionOptions {
  /** Who is randomised. @default the cookie `sixpack_client_id`, else a new UUID, which a browser keeps in that cookie */
  readonly clientId?: string | undefined;
  /** The `Cookie` header of the request at hand. @default `document.cookie` in a browser */
  readonly cookie?: string | undefined;
  /**
   * Whether a browser keeps the client id in its cookie. `none` neither reads nor writes the cookie: for visitors who
   * have not agreed to it. @default "cookie", or "none" where `clientId` is given
   */
  readonly storage?: "cookie" | "none" | undefined;
  /** Of the cookie, so that `www.example.com` and `shop.example.com` have the same client: `example.com`. @default the host */
  readonly cookieDomain?: string | undefined;
  /** Query string of the page, for `?sixpack-force-NAME=ALTERNATIVE`. @default `location.search` in a browser */
  readonly query?: string | undefined;
  /** The visitor's address, forwarded. */
  readonly ipAddress?: string | undefined;
  /** The visitor's user agent, forwarded. @default the browser's own */
  readonly userAgent?: string | undefined;
  /** Parts of the visitors that this one belongs to, by dimension: `{ plan: "pro" }`. */
  readonly segments?: Readonly<Record<string, string | undefined>> | undefined;
  /** Longest time a call may take, in milliseconds, at least 1. @default 500 */
  readonly timeoutMs?: number | undefined;
  /** How often a conversion or a link is tried again. @default 2 */
  readonly retries?: number | undefined;
  /**
   * Told of everything that went wrong. What it throws, or rejects with, is ignored.
   * @default `console.warn`, once a minute for each kind of failure
   */
  readonly onFailure?: ((failure: Failure) => unknown) | undefined;
}

export interface Participation {
  readonly experiment: string;
  readonly alternative: string;
  /** Why, in the server's words (docs/http-api.md); missing where it said none. */
  readonly reason?: string | undefined;
  /** Present where something went wrong and `alternative` is the control or was forced. */
  readonly failure?: Failure;
}

/** First pause before a conversion or a link is tried again, in milliseconds; each further one is twice as long. */
const RETRY_PAUSE_MS = 100;
/** Longest address, user agent or segment that is forwarded, in UTF-16 code units: the server takes URLs of 16 KiB. */
const ORNAMENT_LENGTH_MAX = 512;

/** What a call may say besides; the time-out is the session's. */
export type SessionCall = Omit<Call, "timeoutMs">;

export class Session {
  readonly clientId: string;
  readonly baseUrl: string;
  readonly #options: SessionOptions;
  readonly #visitor: object;
  readonly #segments: Record<string, string | undefined> = {};
  readonly #query: URLSearchParams;
  /** Experiments that show a forced alternative without record: conversions there say nothing. */
  readonly #forced = new Set<string | null>();

  /** @throws TypeError when `baseUrl` is no http URL, or a setting is not valid */
  constructor(baseUrl: string, options: SessionOptions = {}) {
    const { document, location, navigator } = surroundings;
    const { clientId, cookieDomain = "", storage = clientId == null ? "cookie" : "none" } = options;
    // What stands before an @ may be a password.
    check("baseUrl", baseUrl, /^https?:\/\/[^/?#@\s][^?#@\s]*$/i, `${baseUrl}`.replace(/.*@/s, "@"));
    const [, port = 1] = /\/\/[^/]+:(\d+)(?:\/|$)/.exec(baseUrl) ?? [];
    expect(+port > 0 && +port < 65_536, "a port from 1 to 65535", baseUrl);
    check("cookieDomain", cookieDomain, /^[\w.-]*$/);
    const id = clientId ?? clientIdFrom(options.cookie, storage);
    check("clientId", id, CLIENT_ID);
    this.clientId = id;
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    this.#options = options;
    // Also when the cookie was there: its time begins anew with every visit.
    if (storage === "cookie") cookiesOfPage(this.setCookie);
    this.#query = new URLSearchParams(options.query ?? (document && location?.search));
    for (const [name, value] of Object.entries(options.segments ?? {})) {
      check("segment", name);
      this.#segments[`segment.${name}`] = value?.slice(0, ORNAMENT_LENGTH_MAX);
    }
    this.#visitor = {
      client_id: id,
      ip_address: options.ipAddress?.slice(0, ORNAMENT_LENGTH_MAX),
      user_agent: (options.userAgent ?? (document && navigator?.userAgent))?.slice(0, ORNAMENT_LENGTH_MAX),
    };
  }

  /** Value of a `Set-Cookie` header that makes a browser keep the client id. */
  get setCookie(): string {
    return cookieFor(this.clientId, this.#options.cookieDomain);
  }

  /** The alternative this client gets; the control on any failure. @throws TypeError for arguments that break the rules */
  async participate<const A extends Alternatives>(
    experiment: string,
    alternatives: A,
    options?: ParticipateOptions,
  ): Promise<A[number]> {
    return (await this.ask(experiment, alternatives, options)).alternative;
  }

  /** The same, with the server's reason, and what went wrong. */
  async ask(experiment: string, alternatives: Alternatives, options?: ParticipateOptions): Promise<Participation> {
    // A page that the browser makes ahead takes part when somebody sees it, and has nobody waiting until then.
    if (!options?.prefetch) await whenShown();
    return this.answer(this.question(experiment, alternatives, options));
  }

  /** What a participation asks, checked, and what is forced. For other ways to ask it. @throws TypeError */
  question(experiment: string, alternatives: Alternatives, options: ParticipateOptions = {}): Question {
    const question = questionOf(
      experiment,
      alternatives,
      options,
      { ...this.#visitor, ...this.#segments },
      this.#query,
    );
    this.#forced[question[2] ? "delete" : "add"](experiment);
    return question;
  }

  /** The answer to a question, from a reply where there is one. Failures are told to the hook. */
  async answer([args, forced, asks]: Question, known?: Reply, begunMs?: number): Promise<Participation> {
    const { experiment, alternatives } = args;
    const alternative = forced ?? alternatives[0];
    if (!asks) return { experiment, alternative, reason: "forced" };
    const reply = known ?? (await this.send(`/participate?${queryOf(args)}`, { args, begunMs }));
    const { alternative: answered, reason } = reply.body as { alternative: { name?: string } | null; reason: string };
    const name = answered?.name as string;
    if (!reply.code && alternatives.includes(name)) return { experiment, alternative: forced ?? name, reason };
    // An alternative nobody asked for is judged like an empty answer.
    const failure = { ...(reply.code ? reply : judge({}, 200)), call: "participate", experiment } as Failure;
    this.report(failure);
    return { experiment, alternative, failure };
  }

  /**
   * Whether the server has the conversion, after retries. Without experiment it counts on every one that this client is in.
   * Nothing is sent, and the answer is false, where the alternative was forced.
   * @throws TypeError for arguments that break the rules
   */
  async convert(experiment: string | null, kpi?: string | null, value?: number | null): Promise<boolean> {
    const conversion = this.conversion(experiment, kpi, value);
    return !!conversion && this.deliver(() => this.sendConversion(conversion));
  }

  /**
   * What a conversion sends; `undefined` where the alternative was forced. For queues, which keep it until
   * `sendConversion` has succeeded.
   */
  conversion(experiment: string | null, kpi?: string | null, value?: number | null): Arguments | undefined {
    if (experiment != null) checkExperiment(experiment);
    if (kpi != null) check("kpi", kpi);
    checkNumber("value", value);
    if (this.#forced.has(experiment)) return;
    return { experiment, ...this.#visitor, kpi, value, id: randomId() };
  }

  /** Sends a conversion once, without report. `undefined` when the server has it. */
  async sendConversion(args: Arguments): Promise<Failure | undefined> {
    await whenShown();
    // The request outlives its page.
    const reply = await this.send(`/convert?${queryOf(args)}`, { args, init: { keepalive: true }, insists: true });
    return reply.code && { ...reply, call: "convert", experiment: args.experiment };
  }

  /** Tells the hook. */
  async report(failure: Failure): Promise<void> {
    try {
      const { onFailure } = this.#options;
      await (onFailure ? onFailure(failure) : warn(this.baseUrl, failure));
    } catch {
      // A hook that throws or rejects must not change what the call returns.
    }
  }

  /** Whether an attempt had no failure in the end, after retries. For parts of this package that send what must arrive. */
  async deliver(
    attempt: () => Promise<Failure | undefined>,
    retries = this.#options.retries ?? 2,
    pauseMs = RETRY_PAUSE_MS,
  ): Promise<boolean> {
    const failure = await attempt();
    // What was refused or is elsewhere would be so again.
    if (failure && retries > 0 && failure.code !== "rejected" && failure.code !== "redirect") {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      return this.deliver(attempt, retries - 1, pauseMs * 2);
    }
    if (failure) this.report(failure);
    return !failure;
  }

  /** One request to the server, within the time-out. For parts of this package that make requests of their own. */
  send(path: string, call: SessionCall): Promise<Reply> {
    return send(this.baseUrl, path, { timeoutMs: this.#options.timeoutMs ?? 500, ...call });
  }
}
