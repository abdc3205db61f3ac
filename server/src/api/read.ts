/**
 * Reads the arguments of a call, from a query string, a form or a JSON body, into one shape.
 *
 * This reader is on the way of every request, so it walks the text once, knows the few names that mean something, and
 * decodes only what is encoded. Of an argument given twice the first counts, as in Sixpack 2.7; `alternatives` and
 * `weights` are lists.
 */
import { SixpackError } from "../domain/errors.ts";
import { quote } from "../domain/names.ts";
import { noText } from "../lib/member.ts";
import { type Arguments, NO_ITEMS, ROWS, SLOTS, type Slot } from "./arguments.ts";
import { decodePercent } from "./encoding.ts";
import { LIST_LENGTH_MAX, SEGMENTS_MAX } from "./limits.ts";

/** Reads `a=b&c=d` from `start` on into `target`. */
export function readUrlEncoded(text: string, start: number, target: Arguments): void {
  const isEncoded = text.includes("%", start) || text.includes("+", start);
  let position = start;
  while (position < text.length) {
    let end = text.indexOf("&", position);
    if (end === -1) end = text.length;
    const equals = text.indexOf("=", position);
    if (end > position) {
      const hasValue = equals !== -1 && equals < end;
      const name = text.slice(position, hasValue ? equals : end);
      const value = hasValue ? text.slice(equals + 1, end) : "";
      if (isEncoded) assign(target, decode(name), decode(value));
      else assign(target, name, value);
    }
    position = end + 1;
  }
}

/** Reads the members of a JSON object into `target`. @throws SixpackError as readMembers */
export function readJson(text: string, target: Arguments): void {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new SixpackError("invalid-body", `Expected a JSON object, got ${quote(text)}`, { cause });
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new SixpackError("invalid-body", `Expected a JSON object, got ${quote(text)}`);
  }
  readMembers(body as Record<string, unknown>, target);
}

/**
 * Reads the members of an object that are arguments into `target`; a list gives its items one after the other.
 * @throws SixpackError invalid-body: no plain value; and those of identities
 */
export function readMembers(members: Readonly<Record<string, unknown>>, target: Arguments): void {
  for (const [name, value] of Object.entries(members)) {
    if (!SLOTS.has(name) && !name.startsWith(SEGMENT)) {
      pass(target, name);
      continue;
    }
    for (const item of Array.isArray(value) ? value : [value]) {
      // A member that is null says as much as one that is not there.
      if (item !== null) assign(target, name, scalarText(name, item));
    }
  }
}

function scalarText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) throw new SixpackError("invalid-body", noText(name, value));
  const { identity, isName } = ROWS.get(name) ?? {};
  if (identity !== undefined && !(typeof value === "number" ? Number.isSafeInteger(value) : isName === true)) {
    const most = Number.MAX_SAFE_INTEGER;
    throw new SixpackError(
      identity,
      `Expected \`${name}\` as text, or a whole number from -${most} to ${most}, got ${value}`,
    );
  }
  return String(value);
}

function decode(text: string): string {
  return decodePercent(text.includes("+") ? text.replaceAll("+", " ") : text);
}

/** Lists as jQuery, axios and PHP name their items: `alternatives[]`, `alternatives[0]`. */
function listSlot(name: string): Slot | undefined {
  const [, list] = /^(\w+)\[\d{0,4}\]$/.exec(name) ?? [];
  const slot = list === undefined ? undefined : SLOTS.get(list);
  return slot?.isList === true ? slot : undefined;
}

function assign(target: Arguments, name: string, value: string): void {
  let slot = SLOTS.get(name);
  if (slot === undefined && name.startsWith(SEGMENT)) {
    takeSegment(target, name.slice(SEGMENT.length), value);
    return;
  }
  slot ??= listSlot(name);
  if (slot === undefined) {
    pass(target, name);
    return;
  }
  if (!slot.isList) {
    target[slot.name] ??= value;
    return;
  }
  const items = target[slot.name];
  if (items === NO_ITEMS) target[slot.name] = [value];
  else if (items.length < LIST_LENGTH_MAX) items.push(value);
}

/** In front of the name of a dimension. */
const SEGMENT = "segment.";

function takeSegment(target: Arguments, dimension: string, value: string): void {
  // A map: an object that is safe with any name costs eight times as much, for each call with segments.
  target.segments ??= new Map();
  if (target.segments.size < SEGMENTS_MAX && !target.segments.has(dimension)) target.segments.set(dimension, value);
}

/** Most names of unknown arguments that are kept, for the explanation of a call. */
const UNREAD_MAX = 20;

function pass(target: Arguments, name: string): void {
  if (target.unread === NO_ITEMS) target.unread = [name];
  else if (target.unread.length < UNREAD_MAX) target.unread.push(name);
}
