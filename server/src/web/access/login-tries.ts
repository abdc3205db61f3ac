/** How often somebody may try to log in. Counted in memory, by name and address: docs/decisions/0012-sessions-in-signed-cookies.md. */
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { addressGroup } from "../../ops/quota.ts";
import { formField } from "../../service/administer/fields.ts";

/** Tries a minute from one address for one name. */
export const LOGIN_TRIES_MAX = 5;
/** Tries a minute from one address, whatever the names. */
export const LOGIN_TRIES_PER_ADDRESS_MAX = 30;
const TRIES_WINDOW_MS = 60_000;

/** Each counts this try, and answers the seconds until the next is allowed; 0 when this one is. */
interface LoginTries {
  /** For the name in the form, and for the address. */
  readonly ofName: (request: FastifyRequest) => Promise<number>;
  readonly ofAddress: (request: FastifyRequest) => Promise<number>;
}

export function loginTries(app: FastifyInstance, addressOf: (request: FastifyRequest) => string): LoginTries {
  const groupOf = (request: FastifyRequest) => addressGroup(addressOf(request));
  const perName = app.createRateLimit({
    max: LOGIN_TRIES_MAX,
    timeWindow: TRIES_WINDOW_MS,
    // A key is kept for a minute, whatever was sent: of one size, then.
    keyGenerator: (request) => digestOf(groupOf(request), formField(request.body, "name") ?? ""),
  });
  const perAddress = app.createRateLimit({
    max: LOGIN_TRIES_PER_ADDRESS_MAX,
    timeWindow: TRIES_WINDOW_MS,
    keyGenerator: (request) => digestOf(groupOf(request)),
  });
  const waitS = (outcome: Outcome) => (isExceeded(outcome) ? Math.max(1, outcome.ttlInSeconds) : 0);
  return {
    // An address that has used up its tries makes no further keys, whatever names it invents.
    ofName: async (request) => waitS(await perAddress(request)) || waitS(await perName(request)),
    ofAddress: async (request) => waitS(await perAddress(request)),
  };
}

function digestOf(...texts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("base64url");
}

type Outcome = Awaited<ReturnType<ReturnType<FastifyInstance["createRateLimit"]>>>;

function isExceeded(outcome: Outcome): outcome is Extract<Outcome, { isAllowed: false }> {
  return !outcome.isAllowed && outcome.isExceeded;
}
