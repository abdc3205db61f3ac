/** Who the client is: the cookie that every language shares, or a new UUID. */
import { CLIENT_ID } from "./names.ts";

/** UUID version 4, 120 bits of it random. `crypto.randomUUID` would be shorter, but exists only on https pages. */
export function randomId(): string {
  return "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx".replace(/x/g, randomDigit);
}

function randomDigit(): string {
  return (+crypto.getRandomValues(new Uint8Array(1)) & 15).toString(16);
}

/** The client id in a `Cookie` header or `document.cookie`; `undefined` where there is none. */
export function idFromCookie(cookies: string): string | undefined {
  let id = /(?:^|; *)sixpack_client_id=([^;]*)/.exec(cookies)?.[1] ?? "";
  try {
    id = decodeURIComponent(id);
  } catch {
    // What can't be decoded is taken as it stands.
  }
  return CLIENT_ID.test(id) ? id : undefined;
}

/**
 * What `Set-Cookie` or `document.cookie` is given. Readable by scripts and sent over http too, so that every page and
 * server of a site has the same client; 400 days is the most that browsers keep a cookie.
 */
export function cookieFor(id: string): string {
  return `sixpack_client_id=${encodeURIComponent(id)}; Path=/; Max-Age=34560000; SameSite=Lax`;
}
