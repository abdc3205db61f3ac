/**
 * Sessions in a signed cookie: nothing to store, so they survive a restart and hold in every process with the same
 * `secret_key`. Why not in the store: docs/decisions/0012-sessions-in-signed-cookies.md.
 *
 * The signature also covers what let the person in: a changed password ends the sessions that began with the old one, and
 * other rules for roles those that a provider vouched for.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { ROLES, type Role } from "../../domain/role.ts";
import { DAY_MS, HOUR_MS, hasPassed } from "../../lib/time.ts";
import { clearCookie, readCookie, writeCookie } from "../http/cookies.ts";
import type { OidcMode, User } from "../http/identity.ts";
import { seal, unseal } from "../http/signature.ts";

const SESSION = Type.Object({
  id: Type.String(),
  user: Type.String(),
  /** Only of a person whom a provider vouched for; that of others stands in the configuration. */
  role: Type.Optional(Type.Enum([...ROLES])),
  /** Milliseconds since 1970, UTC. */
  loggedInMs: Type.Integer(),
  usedMs: Type.Integer(),
});
export type Session = Readonly<Static<typeof SESSION>>;

/** How long a session lasts without a request, in milliseconds: 12 hours. */
export const SESSION_IDLE_MS = 12 * HOUR_MS;
/** How long a session of a person with a password lasts at most, in milliseconds: 7 days. */
export const SESSION_AGE_MAX_MS = 7 * DAY_MS;
/** Age from which a request renews the cookie, in milliseconds: not each of them needs a new one. */
const RENEW_AFTER_MS = 300_000;
/** Most sessions remembered as logged out; the oldest is forgotten first. */
const LOGGED_OUT_MAX = 10_000;

const COOKIE = { name: "sixpack_session" };
const ID_BYTES = 18;

export interface SessionOptions {
  readonly secretKey: string;
  readonly randomBytes: (count: number) => Buffer;
  readonly nowMs: () => number;
  readonly accounts: Accounts;
}

interface Account {
  readonly name: string;
  readonly role: Role;
  /** What the session stands on: when it changes, the session ends. */
  readonly bond: string;
}

/** Whose session it is. */
interface Accounts {
  /** `undefined` for somebody who is not known any more. */
  readonly of: (session: Pick<Session, "user" | "role">) => Account | undefined;
  /** Whether the session itself says the role, because nothing here does. */
  readonly areVouched: boolean;
  /** How long a session lasts at most, in milliseconds. */
  readonly ageMaxMs: number;
}

/** People with a password: the configuration says who they are, at each request. */
export function listedAccounts(users: readonly User[]): Accounts {
  const accounts = new Map(users.map(({ name, role, passwordHash: bond }) => [name, { name, role, bond }]));
  return { of: ({ user }) => accounts.get(user), areVouched: false, ageMaxMs: SESSION_AGE_MAX_MS };
}

/**
 * People whom a provider knows. It does not tell when somebody leaves, so whoever stays logs in there again after half a
 * day, mostly without noticing.
 */
export function vouchedAccounts({ clientSecret: _, ...rules }: OidcMode): Accounts {
  const bond = JSON.stringify({ ...rules, roles: [...rules.roles], groups: [...rules.groups] });
  return {
    of: ({ user: name, role }) => (role === undefined ? undefined : { name, role, bond }),
    areVouched: true,
    ageMaxMs: SESSION_IDLE_MS,
  };
}

export class Sessions {
  readonly #options: SessionOptions;
  /** Copies of a cookie survive its deletion in the browser. So this process remembers which sessions have ended. */
  readonly #loggedOut = new Set<string>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** A new session with an id of its own, whatever the browser had before. */
  begin(request: FastifyRequest, reply: FastifyReply, person: Pick<Account, "name" | "role">): Session {
    const nowMs = this.#options.nowMs();
    const id = this.#options.randomBytes(ID_BYTES).toString("base64url");
    const { accounts } = this.#options;
    const whose = { user: person.name, ...(accounts.areVouched ? { role: person.role } : {}) };
    const account = accounts.of(whose);
    if (account === undefined) throw new Error("Expected a session of a person who is known here");
    const session = { id, ...whose, loggedInMs: nowMs, usedMs: nowMs };
    this.#write(request, reply, session, account);
    return session;
  }

  /** The session that the request carries, with its account as it is now; keeps it alive. */
  find(
    request: FastifyRequest,
    reply: FastifyReply,
  ): { readonly session: Session; readonly account: Account } | undefined {
    const { accounts, secretKey } = this.#options;
    const cookie = readCookie(request, COOKIE);
    if (cookie === undefined) return undefined;
    const session = unseal(
      secretKey,
      "session",
      cookie,
      (raw) => (Check(SESSION, raw) ? raw : undefined),
      (found) => accounts.of(found)?.bond,
    );
    const account = session === undefined ? undefined : accounts.of(session);
    const nowMs = this.#options.nowMs();
    if (session === undefined || account === undefined || this.#loggedOut.has(session.id)) return undefined;
    const { usedMs, loggedInMs } = session;
    if (hasPassed(SESSION_IDLE_MS, usedMs, nowMs) || hasPassed(accounts.ageMaxMs, loggedInMs, nowMs)) return undefined;
    if (hasPassed(RENEW_AFTER_MS, usedMs, nowMs)) this.#write(request, reply, { ...session, usedMs: nowMs }, account);
    return { session, account };
  }

  end(request: FastifyRequest, reply: FastifyReply, sessionId: string): void {
    this.#loggedOut.add(sessionId);
    const [oldest] = this.#loggedOut;
    if (this.#loggedOut.size > LOGGED_OUT_MAX && oldest !== undefined) this.#loggedOut.delete(oldest);
    clearCookie(request, reply, COOKIE);
  }

  #write(request: FastifyRequest, reply: FastifyReply, session: Session, { bond }: Account): void {
    const value = seal(this.#options.secretKey, "session", session, bond);
    writeCookie(request, reply, COOKIE, value, SESSION_IDLE_MS);
  }
}
