/** From the configuration to who a caller is, and how much an address may ask for. */
import type { IncomingMessage } from "node:http";
import type { Config } from "../config/schema.ts";
import { SixpackError } from "../domain/errors.ts";
import { callerAddress, proxyTrust, type TrustsProxy } from "../ops/networks.ts";
import { Quota } from "../ops/quota.ts";

const SECOND_MS = 1_000;

/** Whose `X-Forwarded-*` headers are believed; `undefined` believes nobody. */
export function trustOf(config: Config): TrustsProxy | undefined {
  return config.proxy_fix ? proxyTrust(config.proxy_addresses) : undefined;
}

/** `undefined` where no quota asks for it: reading an address costs a call into the kernel per connection. */
export function callerReader(config: Config): ((request: IncomingMessage) => string) | undefined {
  if (config.requests_per_second === 0 && config.new_experiments_per_hour === 0) return undefined;
  const trusts = trustOf(config);
  return (request) => callerAddress(request, trusts);
}

/** Counts calls of an address. What it returns throws `too-many-requests`. */
export function requestCharge(config: Config, nowMs: () => number): (caller: string, calls: number) => void {
  if (config.requests_per_second === 0) return () => {};
  const quota = new Quota({ max: config.requests_per_second, windowMs: SECOND_MS, nowMs });
  return (caller, calls) => {
    const retryAfterS = quota.take(caller, calls);
    if (retryAfterS === 0) return;
    throw new SixpackError("too-many-requests", `Expected at most ${config.requests_per_second} a second, got more`, {
      retryAfterS,
    });
  };
}
