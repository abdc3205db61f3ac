/**
 * API tokens: `sxp_` and 32 random bytes, and the hash of one for `api_tokens`.
 *
 * SHA-256 is enough here: nobody guesses 256 random bits, so a slow hash would only slow each call down.
 */
import { createHash, timingSafeEqual } from "node:crypto";

export const TOKEN_BYTES = 32;
const PREFIX = "sxp_";

/** @param random TOKEN_BYTES unpredictable bytes */
export function makeToken(random: Buffer): string {
  return `${PREFIX}${random.toString("base64url")}`;
}

/** `sha256.<base64url>`. */
export function hashToken(token: string): string {
  return `sha256.${createHash("sha256").update(token).digest("base64url")}`;
}

/** The token in an `Authorization` header, checked or not; a proxy's own bearer token is none of ours. */
export function bearerToken(authorization: string | undefined): string | undefined {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  return token?.startsWith(PREFIX) === true ? token : undefined;
}

export function verifyToken(token: string, stored: string): boolean {
  const actual = Buffer.from(hashToken(token));
  const expected = Buffer.from(stored);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
