/** How often somebody may try to log in. Counted in memory, by name and address: docs/decisions/0012-sessions-in-signed-cookies.md. */
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { addressGroup, Quota } from "../../ops/quota.ts";
import { formField } from "../../service/administer/fields.ts";

/** Tries a minute from one address for one name. */
export const LOGIN_TRIES_MAX = 5;
/** Tries a minute from one address, whatever the names. */
export const LOGIN_TRIES_PER_ADDRESS_MAX = 30;
const TRIES_WINDOW_MS = 60_000;

/** Each counts this try, and answers the seconds until the next is allowed; 0 when this one is. */
interface LoginTries {
  /** For the name in the form, and for the address. */
  readonly ofName: (request: FastifyRequest) => number;
  readonly ofAddress: (request: FastifyRequest) => number;
}

export function loginTries(addressOf: (request: FastifyRequest) => string): LoginTries {
  // Minutes of this process: whoever sets the clock locks nobody out, and gives nobody more tries.
  const startedMs = performance.now();
  const limit = { windowMs: TRIES_WINDOW_MS, nowMs: () => performance.now() - startedMs };
  const perName = new Quota({ ...limit, max: LOGIN_TRIES_MAX });
  const perAddress = new Quota({ ...limit, max: LOGIN_TRIES_PER_ADDRESS_MAX });
  const ofAddress = (request: FastifyRequest) => perAddress.take(addressOf(request));
  return {
    ofAddress,
    // An address that has used up its tries makes no further keys, whatever names it invents.
    ofName: (request) => ofAddress(request) || perName.take(keyOf(addressOf(request), formField(request.body, "name"))),
  };
}

/** A key is kept for a minute, whatever was sent: of one size, then. */
function keyOf(address: string, name = ""): string {
  return createHash("sha256")
    .update(JSON.stringify([addressGroup(address), name]))
    .digest("base64url");
}
