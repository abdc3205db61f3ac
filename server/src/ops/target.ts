/**
 * Normalises the target of a request. Clients build URLs by joining texts, and proxies and libraries spell one path in
 * several ways. RFC 9110 and RFC 3986 treat these as equal, and so did the servers that Sixpack 2.7 ran on:
 *
 *     //participate      /a//b      /%70articipate      http://host/participate
 */

/** Scheme and host of the absolute form, which every server must understand (RFC 9112, 3.2.2). */
const ORIGIN = /^https?:\/\/[^/]*/i;
/** Slashes in a row. An encoded one is part of a name, except in front of everything, where no name is. */
const SLASHES = /^(?:\/|%2f)+|\/{2,}/gi;
/** Percent-encodings of ASCII. */
const ENCODED = /%[2-7][\da-f]/gi;
/** Characters that mean the same encoded or not (RFC 3986, 2.3). */
const UNRESERVED = /^[\w.~-]$/;

/** The one spelling of a path, without query. What is encoded in a name stays encoded. */
export function canonicalPath(path: string): string {
  if (path.startsWith("/") && !path.includes("//") && !path.includes("%")) return path;
  const decoded = path
    .replace(ORIGIN, "")
    .replace(SLASHES, "/")
    .replace(ENCODED, (encoded) => {
      const character = decodeURIComponent(encoded);
      return UNRESERVED.test(character) ? character : encoded;
    });
  return decoded === "" ? "/" : decoded;
}

/** The part of a path under a base path such as `/sixpack`; `undefined` where it leads elsewhere. */
export function underBase(path: string, basePath: string): string | undefined {
  if (basePath === "") return path;
  if (path === basePath) return "/";
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}

/** A URL cut where its query begins; the query keeps its question mark. */
export function cutQuery(url: string): readonly [path: string, query: string] {
  const question = url.indexOf("?");
  return question === -1 ? [url, ""] : [url.slice(0, question), url.slice(question)];
}
