/** Requests to replay, from an access log in common or combined format, or from a list of URLs or paths. */

/** What a log calls the request line: method, target and version in quotes. */
const REQUEST_LINE = /"([A-Z]+) (\S+) HTTP\/[\d.]+"/;

/** The GET paths of Sixpack 2.7's API, behind whatever path the server was mounted at. */
const API_PATH = /^.*?(\/(?:participate|convert|_status|experiments\/[^/?]+)(?:\?.*)?)$/;

/** Path and query as they were sent; `undefined` for what is no GET of the API, or no request at all. */
export function requestIn(line: string): string | undefined {
  const text = line.trim();
  const [, method, logged] = REQUEST_LINE.exec(text) ?? [];
  if (method !== undefined && method !== "GET") return undefined;
  const target = logged ?? text;
  const path = URL.canParse(target) ? target.slice(new URL(target).origin.length) : target;
  if (!path.startsWith("/") || /\s/.test(path)) return undefined;
  return API_PATH.exec(path)?.[1];
}

/**
 * The same question without a trace: `/participate` with `prefetch`, which answers and records nothing. A conversion
 * can't be asked for without recording it; `undefined`.
 */
export function withoutRecording(target: string): string | undefined {
  if (target.startsWith("/convert")) return undefined;
  if (!target.startsWith("/participate")) return target;
  const [path = "", query = ""] = target.split("?", 2);
  const kept = query.split("&").filter((argument) => argument !== "" && !/^(prefetch|record_force)=/i.test(argument));
  return `${path}?${[...kept, "prefetch=true"].join("&")}`;
}
