/**
 * Names and identifiers as branded types: they are checked once, where they come in, and trusted from there on.
 *
 * A name is checked only when something new would be made from it. A name that is already stored keeps
 * working whatever the rule says today. Two names are the same only if they are the same characters: nothing is
 * trimmed, folded or normalised, because the name is part of what a client's alternative is computed from.
 */
import { type ErrorCode, SixpackError } from "./errors.ts";

declare const brand: unique symbol;
export type ExperimentName = string & { readonly [brand]: "ExperimentName" };
export type AlternativeName = string & { readonly [brand]: "AlternativeName" };
export type KpiName = string & { readonly [brand]: "KpiName" };
export type ClientId = string & { readonly [brand]: "ClientId" };

/** Longest name of an experiment, alternative or KPI, in Unicode code points: what people count as characters, nearly. */
export const NAME_LENGTH_MAX = 255;
/** Longest client id, in UTF-16 code units. Ids are hashed, so length costs nothing but the request. */
export const CLIENT_ID_LENGTH_MAX = 1024;
/** Most alternatives in one experiment. The record of a client keeps the alternative in one byte. */
export const ALTERNATIVES_MAX = 100;
/** Most named KPIs in one experiment, so that a client that invents names can't grow a definition for ever. */
export const KPIS_MAX = 100;
/** Most KPIs that one life of an experiment ever had, dropped ones included: a tally keeps the number in a byte. */
export const KPI_NUMBERS_MAX = 200;

/** Sixpack 2.7's rule for alternatives and KPIs. */
const NAME = /^[a-z0-9][a-z0-9\-_]*$/i;

/**
 * Sixpack 2.7 took every name for an experiment. Left out is what can't be shown, sent or stored unchanged, control
 * characters and halves of a surrogate pair, and the two names that browsers take for a step in a path, wherever they
 * stand in an address.
 */
const EXPERIMENT_NAME = new RegExp(`^(?!\\.{1,2}$)[^\\p{Cc}\\p{Cs}]{1,${NAME_LENGTH_MAX}}$`, "u");

const SHOWN_LENGTH_MAX = 80;

/** How a value that came from outside is quoted in a message: JSON, cut short. */
export function quote(raw: string): string {
  return JSON.stringify(raw.length > SHOWN_LENGTH_MAX ? `${raw.slice(0, SHOWN_LENGTH_MAX)}…` : raw);
}

/** @throws SixpackError `code`: the text is none of the choices */
export function oneOf<T extends string>(
  what: string,
  choices: readonly T[],
  raw: string,
  code: ErrorCode = "invalid-form",
): T {
  const choice = choices.find((candidate) => candidate === raw);
  if (choice === undefined) {
    throw new SixpackError(code, `Expected \`${what}\` as one of ${choices.join(", ")}, got ${quote(raw)}`);
  }
  return choice;
}

/** Of what `isName` refuses. */
export function expectedName(what: string, raw: string): string {
  return `Expected ${what} of 1 to ${NAME_LENGTH_MAX} letters, digits, - or _, starting with a letter or digit, got ${quote(raw)}`;
}

/** Whether a new alternative or KPI may be called so. What is stored may be older than the rule. */
export function isName(raw: string): boolean {
  return raw.length <= NAME_LENGTH_MAX && NAME.test(raw);
}

/** Whether a new experiment may be called so. */
export function isExperimentName(raw: string): boolean {
  return EXPERIMENT_NAME.test(raw);
}

/** The name of a new experiment. @throws SixpackError invalid-experiment-name */
export function parseExperimentName(raw: string): ExperimentName {
  if (isExperimentName(raw)) return raw as ExperimentName;
  throw new SixpackError(
    "invalid-experiment-name",
    `Expected an experiment name of 1 to ${NAME_LENGTH_MAX} characters, none of them a control character, and neither . nor .., got ${quote(raw)}`,
  );
}

/** @throws SixpackError invalid-alternative-name */
export function parseAlternativeName(raw: string): AlternativeName {
  if (!isName(raw)) throw new SixpackError("invalid-alternative-name", expectedName("an alternative name", raw));
  return raw as AlternativeName;
}

/** @throws SixpackError invalid-kpi-name */
export function parseKpiName(raw: string): KpiName {
  if (!isName(raw)) throw new SixpackError("invalid-kpi-name", expectedName("a KPI name", raw));
  return raw as KpiName;
}

/**
 * A client id is any valid Unicode text of limited length without a null character. @throws SixpackError
 * invalid-client-id
 */
export function parseClientId(raw: string): ClientId {
  if (!raw.isWellFormed()) {
    throw new SixpackError("invalid-client-id", "Expected a client id in valid Unicode, got half of a surrogate pair");
  }
  if (raw.includes("\0"))
    throw new SixpackError("invalid-client-id", "Expected a client id without null bytes, got one");
  if (raw.length > CLIENT_ID_LENGTH_MAX) {
    throw new SixpackError(
      "invalid-client-id",
      `Expected a client id of at most ${CLIENT_ID_LENGTH_MAX} characters, got ${raw.length}`,
    );
  }
  return raw as ClientId;
}

/**
 * The alternatives of a new experiment: 2 to ALTERNATIVES_MAX valid names, all different.
 * @throws SixpackError too-few-alternatives, too-many-alternatives, invalid-alternative-name, duplicate-alternatives
 */
export function parseAlternativeNames(raw: readonly string[]): readonly AlternativeName[] {
  if (raw.length < 2) throw tooFewAlternatives(raw.length);
  if (raw.length > ALTERNATIVES_MAX) {
    throw new SixpackError(
      "too-many-alternatives",
      `Expected at most ${ALTERNATIVES_MAX} alternatives, got ${raw.length}`,
    );
  }
  const names = raw.map(parseAlternativeName);
  if (new Set(names).size < names.length) {
    const repeated = names.find((name, index) => names.indexOf(name) !== index) ?? "";
    throw new SixpackError("duplicate-alternatives", `Expected different alternatives, got ${quote(repeated)} twice`);
  }
  return names;
}

export function tooFewAlternatives(count: number): SixpackError {
  return new SixpackError("too-few-alternatives", `Expected 2 or more alternatives, got ${count}`);
}
