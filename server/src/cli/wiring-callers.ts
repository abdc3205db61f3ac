/**
 * Turns the configuration into rules for callers: who they are, what they may do, and how many calls an address may
 * make.
 */
import type { IncomingMessage } from "node:http";
import { BATCH_CALLS_MAX } from "../api/limits.ts";
import type { ApiOptions } from "../api/options.ts";
import type { Config } from "../config/schema.ts";
import { SixpackError } from "../domain/errors.ts";
import { type Caller, SCOPE_NAMES, type Scope } from "../domain/scope.ts";
import { callerAddress, proxyTrust, type TrustsProxy } from "../ops/networks.ts";
import { Quota } from "../ops/quota.ts";
import { bearerToken, verifyToken } from "../ops/token.ts";

const SECOND_MS = 1_000;

/** Whose `X-Forwarded-*` headers are believed; `undefined` believes nobody. */
export function trustOf(config: Config): TrustsProxy | undefined {
  return config.proxy_fix ? proxyTrust(config.proxy_addresses) : undefined;
}

/** What strangers may not do. */
function closedToStrangers(config: Config): readonly Scope[] {
  const { open, declared_only, traffic_from_requests, api_keys, auth } = config;
  // What was recorded of a person is for those who may log in, and for one's own back ends.
  const hasPeople = auth === "password" || auth === "proxy" || auth === "oidc";
  const isClosed: Readonly<Record<Scope, boolean>> = {
    experiments: declared_only,
    kpis: declared_only,
    traffic: !traffic_from_requests,
    weights: open,
    force: open,
    // Whoever names two ids of others makes one participant of them, for good.
    link: open,
    // A number that follows what its client did already would make any alternative win.
    covariate: open,
    explain: open || hasPeople || api_keys.length > 0,
    datetime: open,
  };
  return SCOPE_NAMES.filter((scope) => isClosed[scope]);
}

/** Reads the address of a stranger only where a quota asks for it: that costs a call into the kernel per connection. */
export function callerReader(config: Config): (request: IncomingMessage) => Caller {
  const closed = closedToStrangers(config);
  const stranger: Caller = { address: "", key: undefined, closed: new Set(closed) };
  const keys = config.api_keys.map(({ name, scopes, key_hash: hash }) => {
    const allowed: readonly string[] = scopes.includes("all") ? SCOPE_NAMES : scopes;
    const caller: Caller = {
      address: "",
      key: name,
      closed: new Set(closed.filter((scope) => !allowed.includes(scope))),
    };
    return { hash, caller };
  });
  const asksAddress = config.requests_per_second > 0 || config.new_experiments_per_hour > 0;
  const trusts = trustOf(config);
  return (request) => {
    const { authorization } = request.headers;
    if (authorization !== undefined && keys.length > 0) {
      const presented = bearerToken(authorization);
      const known = presented && keys.find(({ hash }) => verifyToken(presented, hash));
      if (known) return known.caller;
      if (presented !== undefined)
        throw new SixpackError("invalid-api-key", "Expected a key of `api_keys`, got another");
    }
    return asksAddress ? { ...stranger, address: callerAddress(request, trusts) } : stranger;
  };
}

/** Counts calls of strangers by their address. What `charge` is throws `too-many-requests`. */
export function requestCharge(
  config: Config,
  nowMs: () => number,
): Pick<ApiOptions, "charge" | "owe" | "batchCallsMax"> {
  const max = config.requests_per_second;
  if (max === 0) return { charge: () => {}, owe: () => {}, batchCallsMax: BATCH_CALLS_MAX };
  const quota = new Quota({ max, windowMs: SECOND_MS, nowMs });
  return {
    charge({ key, address }, calls) {
      const retryAfterS = key === undefined ? quota.take(address, calls) : 0;
      if (retryAfterS === 0) return;
      throw new SixpackError("too-many-requests", `Expected at most ${max} a second, got more`, { retryAfterS });
    },
    owe({ key, address }, calls) {
      if (key === undefined) quota.owe(address, calls);
    },
    batchCallsMax: Math.min(max, BATCH_CALLS_MAX),
  };
}
