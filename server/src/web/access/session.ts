/**
 * Sessions in a signed cookie: nothing to store, so they survive a restart and hold in every process with the same
 * `secret_key`. Why not in the store: docs/decisions/0012-sessions-in-signed-cookies.md.
 *
 * The signature also covers the password's hash: a changed password ends the sessions that began with the old one.
 */

import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { DAY_MS, HOUR_MS } from "../../lib/time.ts";
import { clearCookie, readCookie, writeCookie } from "../http/cookies.ts";
import type { User } from "../http/identity.ts";
import { seal, unseal } from "../http/signature.ts";

const SESSION = Type.Object({
  id: Type.String(),
  user: Type.String(),
  /** Milliseconds since 1970, UTC. */
  loggedInMs: Type.Integer(),
  usedMs: Type.Integer(),
});
export type Session = Readonly<Static<typeof SESSION>>;

/** How long a session lasts without a request, in milliseconds: 12 hours. */
export const SESSION_IDLE_MS = 12 * HOUR_MS;
/** How long a session lasts at most, in milliseconds: 7 days. */
export const SESSION_AGE_MAX_MS = 7 * DAY_MS;
/** Age from which a request renews the cookie, in milliseconds: not each of them needs a new one. */
const RENEW_AFTER_MS = 300_000;
/** Most sessions remembered as logged out; the oldest is forgotten first. */
const LOGGED_OUT_MAX = 10_000;

const COOKIE = "sixpack_session";
const ID_BYTES = 18;

export interface SessionOptions {
  readonly secretKey: string;
  readonly randomBytes: (count: number) => Buffer;
  readonly nowMs: () => number;
  readonly users: readonly User[];
}

export class Sessions {
  readonly #options: SessionOptions;
  /** Copies of a cookie survive its deletion in the browser. So this process remembers which sessions have ended. */
  readonly #loggedOut = new Set<string>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** A new session with an id of its own, whatever the browser had before. */
  begin(request: FastifyRequest, reply: FastifyReply, user: User): Session {
    const nowMs = this.#options.nowMs();
    const id = this.#options.randomBytes(ID_BYTES).toString("base64url");
    const session = { id, user: user.name, loggedInMs: nowMs, usedMs: nowMs };
    this.#write(request, reply, session, user);
    return session;
  }

  /** The session that the request carries, with its user as configured now; keeps it alive. */
  find(request: FastifyRequest, reply: FastifyReply): { readonly session: Session; readonly user: User } | undefined {
    const cookie = readCookie(request, COOKIE);
    if (cookie === undefined) return undefined;
    const session = unseal(
      this.#options.secretKey,
      "session",
      cookie,
      (raw) => (Check(SESSION, raw) ? raw : undefined),
      ({ user }) => this.#user(user)?.passwordHash,
    );
    const user = session === undefined ? undefined : this.#user(session.user);
    const nowMs = this.#options.nowMs();
    if (session === undefined || user === undefined || this.#loggedOut.has(session.id)) return undefined;
    if (nowMs - session.usedMs >= SESSION_IDLE_MS || nowMs - session.loggedInMs >= SESSION_AGE_MAX_MS) return undefined;
    if (nowMs - session.usedMs >= RENEW_AFTER_MS) this.#write(request, reply, { ...session, usedMs: nowMs }, user);
    return { session, user };
  }

  end(request: FastifyRequest, reply: FastifyReply, sessionId: string): void {
    this.#loggedOut.add(sessionId);
    const [oldest] = this.#loggedOut;
    if (this.#loggedOut.size > LOGGED_OUT_MAX && oldest !== undefined) this.#loggedOut.delete(oldest);
    clearCookie(request, reply, COOKIE);
  }

  #user(name: string): User | undefined {
    return this.#options.users.find((user) => user.name === name);
  }

  #write(request: FastifyRequest, reply: FastifyReply, session: Session, user: User): void {
    const value = seal(this.#options.secretKey, "session", session, user.passwordHash);
    writeCookie(request, reply, COOKIE, value, SESSION_IDLE_MS);
  }
}
