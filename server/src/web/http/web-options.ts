/** What the process around the dashboard decides. */
import type { FastifyBaseLogger, FastifyRequest } from "fastify";
import type { Webhook } from "../../domain/webhook.ts";
import type { TrustsProxy } from "../../ops/networks.ts";
import type { AccessOptions } from "./identity.ts";

export interface WebOptions {
  /** Who is let in, and how. */
  readonly access: AccessOptions;
  /** Signs the tokens of forms: any secret text; the same one in every process behind one address. */
  readonly secretKey: string;
  /** Unpredictable bytes, for tokens. */
  readonly randomBytes: (count: number) => Buffer;
  /** Lets every form through without a token: the original's `csrf_disable`. For scripts inside a trusted network. */
  readonly csrfDisabled: boolean;
  /** Whose `X-Forwarded-*` headers say who called and how: the original's `proxy_fix`. `undefined` believes nobody. */
  readonly trustsProxy: TrustsProxy | undefined;
  /** Path under which a proxy shows the dashboard, without a slash at its end. @default "", the root */
  readonly basePath?: string;
  /** Where people open the dashboard, with that path; `undefined` takes the address at which they asked. */
  readonly webUrl?: string | undefined;
  /** Where programs reach the API, for the calls that pages show to copy. */
  readonly api?: ApiAddress;
  /** Receivers of alerts. @default none */
  readonly webhooks?: readonly Webhook[];
  /** Opens the feeds; without it there are none. */
  readonly feedToken?: string | undefined;
  /** Shows the cause of an internal error in its answer: `SIXPACK_DEBUG`. */
  readonly debug: boolean;
  /** Connections at most. @default WEB_CONNECTIONS_MAX */
  readonly connectionsMax?: number;
  /** `undefined` logs nothing. */
  readonly logger: FastifyBaseLogger | undefined;
}

interface ApiAddress {
  /** The whole address, without a slash at its end; `undefined` puts it together from what follows. */
  readonly url: string | undefined;
  readonly port: number;
  /** As in the configuration: empty, or with a slash at its beginning. */
  readonly basePath: string;
}

/** Where the API listens unless the configuration says otherwise. */
const API_ADDRESS_DEFAULT: ApiAddress = { url: undefined, port: 5_000, basePath: "" };
/** Largest body of a form, in bytes: the longest description, percent-encoded, and room to spare. */
export const WEB_BODY_BYTES_MAX = 131_072;
/** Largest body of `/apply`, in bytes: what stays is named in one request, 15,000 of the longest names. */
export const APPLY_BODY_BYTES_MAX = 4_194_304;
/** Longest segment of a path, in characters as encoded: a name that was stored when names were still free. */
export const WEB_SEGMENT_LENGTH_MAX = 3_072;
/** Largest request line and headers together, in bytes; what they name is a path and cookies of ours. */
export const WEB_HEADER_BYTES_MAX = 16_384;
/** How long a client may take to send its headers, in milliseconds. */
export const WEB_HEADERS_TIMEOUT_MS = 10_000;
/** How long a client may take to send the whole request, in milliseconds. */
export const WEB_REQUEST_TIMEOUT_MS = 20_000;
/** How often connections are checked for these two, in milliseconds: a timeout is late by this at most. */
export const WEB_TIMEOUT_CHECK_MS = 2_000;
/** Most connections at the same time; further ones are closed at once. Pages of one browser need six. */
export const WEB_CONNECTIONS_MAX = 1_024;

/** Where the dashboard is for whoever opens a link in a file or message: as configured, or at the address that was asked. */
export function webUrlFor(request: FastifyRequest, { webUrl, basePath = "" }: WebOptions): string {
  return webUrl ?? `${schemeOf(request)}://${request.host}${basePath}`;
}

/** Where the API is for whoever reads the page: as configured, or at the host they know, which a proxy may have named. */
export function apiUrlFor(request: FastifyRequest, { api = API_ADDRESS_DEFAULT }: WebOptions): string {
  if (api.url !== undefined) return api.url;
  const host =
    request.hostname.includes(":") && !request.hostname.startsWith("[") ? `[${request.hostname}]` : request.hostname;
  return `${schemeOf(request)}://${host}:${api.port}${api.basePath}`;
}

/** How the browser came. A proxy that is believed may name it in capitals, or pass on what is no scheme of the web. */
export function schemeOf({ protocol }: FastifyRequest): "http" | "https" {
  return protocol.toLowerCase() === "https" ? "https" : "http";
}
