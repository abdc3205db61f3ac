/** Who the client is: the cookie that every language shares, or a new UUID. */
import { CLIENT_ID } from "./names.ts";
import { surroundings } from "./surroundings.ts";

/** The id of a page whose cookies are refused or not wanted, for as long as it lives. */
let idOfPage: string | undefined;

/** The id in the cookies; without one, that of this page, or outside of pages a new one. */
export function clientIdFrom(cookies: string | undefined, storage: "cookie" | "none"): string {
  const id = idFromCookie(cookies ?? (storage === "cookie" ? cookiesOfPage() : ""));
  if (id || cookies != null || !surroundings.document) return id ?? randomId();
  idOfPage ??= randomId();
  return idOfPage;
}

/** UUID version 4, 120 bits of it random. `crypto.randomUUID` would be shorter, but exists only on https pages. */
export function randomId(): string {
  const digit = () => (+crypto.getRandomValues(new Uint8Array(1)) & 15).toString(16);
  return "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx".replace(/x/g, digit);
}

/** The client id in a `Cookie` header or `document.cookie`; `undefined` where there is none. */
function idFromCookie(cookies: string): string | undefined {
  let id = /(^|; *)sixpack_client_id=([^;]*)/.exec(cookies)?.[2] ?? "";
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
export function cookieFor(id: string, domain?: string): string {
  const cookie = `sixpack_client_id=${encodeURIComponent(id)}; Path=/; Max-Age=34560000; SameSite=Lax`;
  return domain ? `${cookie}; Domain=${domain}` : cookie;
}

/** The page's cookies, once one is set. A sandboxed frame has cookies, and refuses them: the id lives as long as the page. */
export function cookiesOfPage(cookie?: string): string {
  const { document } = surroundings;
  try {
    if (document && cookie) document.cookie = cookie;
    return document?.cookie ?? "";
  } catch {
    return "";
  }
}
