/** Cross-origin headers, from the five `cors_*` settings of the original. */
import { validateHeaderValue } from "node:http";

export interface CorsOptions {
  /** `*`, or origins separated by commas; an origin must match whole, `*` stands for one label: `https://*.example.com`. */
  readonly origin: string;
  readonly headers: string;
  readonly credentials: boolean;
  readonly methods: string;
  readonly exposeHeaders: string;
}

export interface Cors {
  /** The headers of an answer, flat: name, value, name, value. Empty where none are due. */
  readonly answer: (origin: string | undefined) => readonly string[];
  /** The headers of the answer to a preflight. */
  readonly preflight: (origin: string | undefined) => readonly string[];
}

/** What a preflight allows where the settings leave it open: JSON bodies and conditional requests. */
const HEADERS_DEFAULT = "Content-Type, If-None-Match";
const METHODS_DEFAULT = "GET, HEAD, POST, OPTIONS";

/** How long a browser may remember a preflight, in seconds: one day. */
const PREFLIGHT_AGE_S = 86_400;

export function cors(options: CorsOptions): Cors {
  const origins = options.origin.trim();
  const exposeHeaders = headerValue(options.exposeHeaders);
  const exposed = exposeHeaders === "" ? [] : ["Access-Control-Expose-Headers", exposeHeaders];
  const preflight = [
    "Access-Control-Allow-Headers",
    headerValue(options.headers) || HEADERS_DEFAULT,
    "Access-Control-Allow-Methods",
    headerValue(options.methods) || METHODS_DEFAULT,
    "Access-Control-Max-Age",
    String(PREFLIGHT_AGE_S),
  ];
  const answer = answerHeaders(origins, options.credentials, exposed);
  return { answer, preflight: (origin) => [...answer(origin), ...preflight] };
}

/**
 * The same for OpenFeature's routes, whatever the settings name: a provider in a page of another origin sends these headers
 * and reads these, or polls in vain.
 */
export function corsOfFlags(options: CorsOptions): Cors {
  return cors({
    ...options,
    headers: withNames(options.headers, ["Content-Type", "If-None-Match", "Authorization"]),
    exposeHeaders: withNames(options.exposeHeaders, ["ETag", "Retry-After"]),
  });
}

function withNames(setting: string, needed: readonly string[]): string {
  const names = setting.split(",").flatMap((name) => name.trim() || []);
  const known = new Set(names.map((name) => name.toLowerCase()));
  return [...names, ...needed.filter((name) => !known.has(name.toLowerCase()))].join(", ");
}

function answerHeaders(origins: string, credentials: boolean, exposed: readonly string[]): Cors["answer"] {
  if (origins === "") return () => [];
  if (origins === "*") {
    // Browsers refuse credentials together with `*`, so that header is not sent at all.
    const everyone = ["Access-Control-Allow-Origin", "*", ...exposed];
    return () => everyone;
  }
  const allowed = originPattern(origins);
  const others = ["Vary", "Origin"];
  const further = [...others, ...(credentials ? ["Access-Control-Allow-Credentials", "true"] : []), ...exposed];
  return (origin) =>
    origin !== undefined && allowed.test(origin) ? ["Access-Control-Allow-Origin", origin, ...further] : others;
}

/** A setting that can't be sent is found here, when the server is made, not at its first answer. @throws TypeError */
function headerValue(setting: string): string {
  const value = setting.trim();
  validateHeaderValue("Access-Control-*", value);
  return value;
}

function originPattern(origins: string): RegExp {
  const patterns = origins
    .split(/[\s,]+/)
    .filter((origin) => origin !== "")
    .map((origin) => origin.replace(/[\\^$.|?+()[\]{}]/g, "\\$&").replaceAll("*", "[^./:]+"));
  return new RegExp(`^(?:${patterns.join("|")})$`, "i");
}
