/** Cross-origin headers, from the five `cors_*` settings of the original. */

export interface CorsOptions {
  /** `*`, or origins separated by commas; an origin must match whole, `*` stands for one label: `https://*.example.com`. */
  readonly origin: string;
  readonly headers: string;
  readonly credentials: boolean;
  readonly methods: string;
  readonly exposeHeaders: string;
}

/** The headers for one request, as a flat list of names and values; empty for an origin that is not allowed. */
export type CorsHeaders = (origin: string | undefined) => readonly string[];

const NONE: readonly string[] = [];

/** How long a browser may remember a preflight, in seconds: one day. */
const PREFLIGHT_AGE_S = 86_400;

export function corsHeaders(options: CorsOptions): CorsHeaders {
  const rest = sharedHeaders(options);
  if (options.origin.trim() === "") return () => NONE;
  if (options.origin.trim() === "*") {
    // Browsers refuse credentials together with `*`, so the header is not sent at all.
    const everyone = ["Access-Control-Allow-Origin", "*", ...rest];
    return () => everyone;
  }
  const allowed = originPattern(options.origin);
  const credentials = options.credentials ? ["Access-Control-Allow-Credentials", "true"] : [];
  const refused = ["Vary", "Origin"];
  return (origin) =>
    origin !== undefined && allowed.test(origin)
      ? ["Access-Control-Allow-Origin", origin, "Vary", "Origin", ...credentials, ...rest]
      : refused;
}

function sharedHeaders({ headers, methods, exposeHeaders }: CorsOptions): readonly string[] {
  const list = [];
  if (headers !== "") list.push("Access-Control-Allow-Headers", headers);
  if (methods !== "") list.push("Access-Control-Allow-Methods", methods);
  if (exposeHeaders !== "") list.push("Access-Control-Expose-Headers", exposeHeaders);
  list.push("Access-Control-Max-Age", String(PREFLIGHT_AGE_S));
  return list;
}

function originPattern(origins: string): RegExp {
  const patterns = origins
    .split(/[\s,]+/)
    .filter((origin) => origin !== "")
    .map((origin) => origin.replace(/[\\^$.|?+()[\]{}]/g, "\\$&").replaceAll("*", "[^./:]+"));
  return new RegExp(`^(?:${patterns.join("|")})$`, "i");
}
