/** Signatures over short texts, with a purpose in each, so that what was signed for one use is worth nothing in another. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** What a signature is for. */
export type Purpose = "csrf";

/** HMAC-SHA256, base64url: 43 characters. */
export function sign(secret: string, purpose: Purpose, text: string): string {
  return createHmac("sha256", secret).update(`sixpack:${purpose}:${text}`).digest("base64url");
}

/** Compares without telling by its duration how much of the text was right. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
