/** Reads answers of Redis; anything of another shape is a defect of ours or a key that somebody else wrote. */
import { SixpackError } from "../../domain/errors.ts";
import type { Reply } from "./client.ts";

export function bytesIn(reply: Reply | undefined): Buffer {
  if (Buffer.isBuffer(reply)) return reply;
  throw unexpected("bytes", reply);
}

export function isText(reply: Reply | undefined): boolean {
  return typeof reply === "string" || Buffer.isBuffer(reply);
}

export function textIn(reply: Reply | undefined): string {
  return typeof reply === "string" ? reply : bytesIn(reply).toString("utf8");
}

export function integerIn(reply: Reply | undefined): number {
  if (typeof reply === "number") return reply;
  throw unexpected("an integer", reply);
}

export function arrayIn(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply;
  throw unexpected("an array", reply);
}

/** A number written as text, by JavaScript or by C (`inf`, `nan`). */
export function numberIn(reply: Reply | undefined): number {
  const text = textIn(reply);
  const number = Number(text);
  if (!Number.isNaN(number)) return number;
  if (text === "inf") return Number.POSITIVE_INFINITY;
  if (text === "-inf") return Number.NEGATIVE_INFINITY;
  return Number.NaN;
}

/** The pairs of a flat array, as HGETALL gives them. */
export function pairsIn(reply: Reply): readonly (readonly [Buffer, Buffer])[] {
  const items = arrayIn(reply);
  const pairs: [Buffer, Buffer][] = [];
  for (let index = 0; index < items.length; index += 2) {
    pairs.push([bytesIn(items[index]), bytesIn(items[index + 1])]);
  }
  return pairs;
}

function unexpected(what: string, reply: Reply | undefined): SixpackError {
  return new SixpackError("internal", `Expected ${what} from Redis, got ${reply === null ? "nil" : typeof reply}`);
}
