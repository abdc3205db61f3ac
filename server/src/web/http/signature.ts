/** Signatures over short texts. Each includes its purpose, so that a signature for one use is invalid for another. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { parsedJson } from "../../lib/parsed-json.ts";

/** What a signature is for. */
type Purpose = "csrf" | "session" | "flash" | "change" | "share" | "sign-on";

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

/** A value as a cookie can carry it: readable by everybody, made by us only. */
export function seal(secret: string, purpose: Purpose, value: object, bound = ""): string {
  const payload = Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${payload}.${sign(secret, purpose, `${payload}:${bound}`)}`;
}

/**
 * The value of a seal, `undefined` when it is not ours.
 * @param boundOf what the seal was bound to beside its value; asked before the signature is checked, so it may look
 *   things up and nothing more. `undefined` refuses.
 */
export function unseal<T>(
  secret: string,
  purpose: Purpose,
  text: string,
  read: (raw: unknown) => T | undefined,
  boundOf: (value: T) => string | undefined = () => "",
): T | undefined {
  const [payload, signature, ...rest] = text.split(".");
  if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const value = read(parsedJson(Buffer.from(payload, "base64url").toString("utf8")));
  const bound = value === undefined ? undefined : boundOf(value);
  if (bound === undefined || !sameText(signature, sign(secret, purpose, `${payload}:${bound}`))) return undefined;
  return value;
}
