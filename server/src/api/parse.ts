/** Turns the arguments of a call into the request of a service: every check that needs no store. */
import type { Clock } from "../domain/clock.ts";
import { parseCovariate } from "../domain/covariate.ts";
import { SixpackError } from "../domain/errors.ts";
import { ALTERNATIVES_MAX, type ClientId, parseClientId, quote } from "../domain/names.ts";
import { type Day, parseDay } from "../domain/period.ts";
import { parseWeights } from "../domain/policy/weighted.ts";
import type { Caller } from "../domain/scope.ts";
import { parseTrafficFraction, parseTrafficPercent } from "../domain/traffic.ts";
import type { ConvertRequest } from "../service/convert.ts";
import type { LinkRequest } from "../service/link-ids.ts";
import type { ParticipateRequest } from "../service/participate.ts";
import { type Arguments, argumentsOf, passOver, type Verb } from "./arguments.ts";
import { EVENT_ID_LENGTH_MAX, VALUE_MAX } from "./limits.ts";

/** Who calls, and when: both decide what is accepted. */
export interface Calling {
  readonly caller: Caller;
  readonly clock: Pick<Clock, "today">;
}

/**
 * @throws SixpackError invalid-encoding, missing-arguments, too-many-alternatives, invalid-client-id,
 * invalid-traffic-fraction, invalid-weights, invalid-covariate, invalid-datetime, reserved-argument
 */
export function parseParticipate(args: Arguments, calling: Calling): ParticipateRequest {
  checkEncodings(args, IDENTITIES.participate);
  const { caller } = calling;
  passOver(args, caller.closed);
  const { experiment, client_id, alternatives } = args;
  if (experiment === undefined || client_id === undefined || client_id === "") {
    throw missingArguments(args);
  }
  const trafficFraction = parseTraffic(args);
  if (alternatives.length > ALTERNATIVES_MAX) {
    throw new SixpackError("too-many-alternatives", `Expected at most ${ALTERNATIVES_MAX} alternatives, got more`);
  }
  return {
    experiment,
    alternatives,
    client: parseClientId(client_id),
    force: args.force,
    recordForce: isTrue(args.record_force),
    prefetch: isTrue(args.prefetch),
    trafficFraction,
    weights: parseShares(args.weights, alternatives.length),
    userAgent: args.user_agent,
    address: args.ip_address,
    segments: args.segments,
    covariate: isLeftOut(args.covariate) ? undefined : parseCovariate(args.covariate),
    caller,
    mayCreate: true,
    day: parseDatetime(args.datetime, calling),
  };
}

/** @throws SixpackError invalid-encoding, missing-arguments, invalid-client-id, reserved-argument */
export function parseLink(args: Arguments, { caller }: Calling): LinkRequest {
  checkEncodings(args, IDENTITIES.link);
  if (caller.closed.has("link")) {
    throw new SixpackError("reserved-argument", "Expected a key of `api_keys` that has the scope link");
  }
  const { client_id = "", previous_id = "", experiment } = args;
  const missing = Object.entries({ client_id, previous_id }).flatMap(([name, text]) => (text === "" ? [name] : []));
  if (missing.length > 0) {
    const got = `got no ${missing.join(" and no ")}`;
    throw new SixpackError("missing-arguments", `Expected client_id and previous_id, ${got}`);
  }
  return { experiment, client: parseClientId(client_id), previous: parseClientId(previous_id) };
}

/** Read after `passOver`. @throws SixpackError invalid-client-id */
export function parsePrevious({ previous_id }: Arguments): ClientId | undefined {
  return previous_id === undefined || previous_id === "" ? undefined : parseClientId(previous_id);
}

/** @throws SixpackError invalid-encoding, missing-arguments, invalid-client-id, invalid-value, invalid-datetime, reserved-argument */
export function parseConvert(args: Arguments, calling: Calling): ConvertRequest {
  const { experiment } = args;
  if (experiment === undefined) throw missingArguments(args);
  return { experiment, ...parseConvertEverywhere(args, calling) };
}

/** A conversion that names no experiment. @throws SixpackError as parseConvert */
export function parseConvertEverywhere(args: Arguments, calling: Calling): Omit<ConvertRequest, "experiment"> {
  checkEncodings(args, IDENTITIES.convert);
  passOver(args, calling.caller.closed);
  const { client_id, id } = args;
  if (client_id === undefined || client_id === "") throw missingArguments(args);
  return {
    client: parseClientId(client_id),
    kpi: args.kpi ?? null,
    value: isLeftOut(args.value) ? undefined : parseValue(args.value),
    id: isLeftOut(id) ? undefined : parseEventId(id),
    userAgent: args.user_agent,
    address: args.ip_address,
    day: parseDatetime(args.datetime, calling),
    caller: calling.caller,
  };
}

const IDENTITIES = {
  participate: identitiesOf("participate"),
  convert: identitiesOf("convert"),
  link: identitiesOf("link"),
};

function identitiesOf(verb: Verb): readonly Exclude<keyof Arguments, "segments">[] {
  return argumentsOf(verb).flatMap(([name, { identity }]) => (identity === undefined ? [] : [name]));
}

/**
 * Refuses text that was invalid (`encoding.ts`). An identity is never corrected: two could become one.
 * @throws SixpackError invalid-encoding
 */
function checkEncodings(args: Arguments, names: readonly Exclude<keyof Arguments, "segments">[]): void {
  for (const name of names) {
    const value = args[name];
    if (value === undefined) continue;
    if (typeof value === "string") checkEncoding(name, value);
    else for (const item of value) checkEncoding(name, item);
  }
}

function checkEncoding(name: string, raw: string): void {
  // JSON and scripts may hold half of a surrogate pair, which UTF-8 can't.
  if (raw.isWellFormed()) return;
  throw new SixpackError(
    "invalid-encoding",
    `Expected \`${name}\` in UTF-8, percent-encoded in a URL or form, got ${quote(raw)}`,
  );
}

function missingArguments({ experiment, client_id }: Arguments): SixpackError {
  const names = [];
  if (experiment === undefined) names.push("experiment");
  if (client_id === undefined || client_id === "") names.push("client_id");
  return new SixpackError("missing-arguments", `Expected experiment and client_id, got no ${names.join(" and no ")}`);
}

/**
 * One per argument (`weights=1&weights=2`) or all in one (`weights=1,2`). Invalid ones are refused in every call,
 * although only the first call of an experiment uses them, so that a mistake shows early.
 */
function parseShares(raw: readonly string[], alternatives: number): ParticipateRequest["weights"] {
  const [first] = raw;
  if (first === undefined || (first === "" && raw.length === 1)) return undefined;
  return parseWeights(raw.length === 1 ? first.split(",") : raw, alternatives);
}

function parseTraffic({ traffic_fraction, traffic_dist }: Arguments): number | undefined {
  if (traffic_fraction !== undefined) return parseTrafficFraction(traffic_fraction);
  return isLeftOut(traffic_dist) ? undefined : parseTrafficPercent(traffic_dist);
}

/** Whether a call of `/participate` asks why, instead of taking part. @throws SixpackError reserved-argument */
export function asksWhy({ explain }: Arguments, { closed }: Caller): boolean {
  if (!isTrue(explain)) return false;
  if (!closed.has("explain")) return true;
  throw new SixpackError("reserved-argument", "Expected `explain` with a key of `api_keys` that has the scope explain");
}

/** Days around today that anybody may name: a visitor's clock, and a call that came late. */
const OPEN_DAYS = 1;

function parseDatetime(raw: string | undefined, { caller, clock }: Calling): Day | undefined {
  if (isLeftOut(raw)) return undefined;
  const day = parseDay(raw);
  if (caller.closed.has("datetime") && Math.abs(day - clock.today()) > OPEN_DAYS) {
    throw new SixpackError(
      "reserved-argument",
      `Expected \`datetime\` of yesterday, today or tomorrow, or a key of \`api_keys\` with the scope datetime, got ${quote(raw)}`,
    );
  }
  return day;
}

/** An empty argument, as from a template without a value, counts as left out. */
function isLeftOut(raw: string | undefined): raw is undefined | "" {
  return raw === undefined || raw === "";
}

function parseValue(raw: string): number {
  const value = raw.trim() === "" ? Number.NaN : Number(raw);
  if (!(Math.abs(value) <= VALUE_MAX)) {
    throw new SixpackError("invalid-value", `Expected \`value\` as a number from -1e12 to 1e12, got ${quote(raw)}`);
  }
  return value;
}

function parseEventId(raw: string): string {
  if (raw.length > EVENT_ID_LENGTH_MAX) {
    throw new SixpackError(
      "invalid-event-id",
      `Expected \`id\` of 1 to ${EVENT_ID_LENGTH_MAX} characters, got ${raw.length}`,
    );
  }
  return raw;
}

/** The spellings of "yes" that Sixpack 2.7 accepted. */
function isTrue(raw: string | undefined): boolean {
  if (raw === undefined) return false;
  const word = raw.toLowerCase();
  return word === "true" || word === "y" || word === "yes";
}
