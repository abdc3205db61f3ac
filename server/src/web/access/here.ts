/**
 * Who may ask a dashboard that has no login. A page of any site can point a name of its own at an address of ours, and is
 * then of one origin with us (DNS rebinding). What it can't choose is what the browser puts into `Host`.
 *
 * With `auth: open` everybody is let in, but not such a page: only under addresses, under names that public DNS has not,
 * and under that of `web_url`. With `auth: none` only this machine is. There listening on a loopback address is not enough,
 * either:
 *
 * - A proxy on this machine connects from it, whoever asks; nginx even writes our own address into `Host`. What it can't
 *   hide is that it is no browser: by the headers it adds, or by the HTTP/1.0 that nginx speaks unless told otherwise.
 *
 * A forwarder that changes nothing, such as an SSH tunnel, looks like the browser behind it: docs/operations.md warns.
 */
import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isLoopback } from "../../config/loopback.ts";
import { SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import { sentValues } from "../http/sent-values.ts";

/** Headers that proxies, content networks and tunnels add, and that no browser and no curl sends by itself. */
const ADDED_ON_THE_WAY =
  /^(?:x-forwarded|x-original-|x-rewrite-|x-envoy-|x-amzn-|x-amz-cf-|x-azure-|x-arr-|x-appengine-|x-vercel-|cf-|fly-|fastly-|forwarded|via$|cdn-loop$|front-end-https$|x-host$|x-scheme$|x-url-scheme$|(?:x-)?real-ip$|(?:[a-z]+-)*client-ip$|x-proxyuser-ip$)/;

const ADVICE =
  "To show the dashboard to others give it a login: `auth: password` and `admin_password`, or `auth: proxy`; see docs/operations.md, Behind a proxy";

/** Top-level names that public DNS never holds: RFC 6761, 6762, 8375, and ICANN's `internal`. */
const PRIVATE_NAME = /^(?:[^.]*|.+\.(?:localhost|local|internal|test|home\.arpa))$/;

/** `auth: none`. */
export function admitThisMachine(app: FastifyInstance): void {
  refuse(app, (request) => {
    const foreign = hostsOf(request).find((host) => !isLoopbackHost(host));
    if (foreign !== undefined) {
      return new SixpackError(
        "foreign-host",
        `Expected localhost or a loopback address in the \`Host\` header, because \`auth\` is \`none\`, got ${quote(foreign)}. ${ADVICE}`,
      );
    }
    const sign = signOfProxy(request);
    if (sign === undefined) return undefined;
    return new SixpackError(
      "forwarded-request",
      `Expected a browser or program of this machine, because \`auth\` is \`none\`, got ${sign}. ${ADVICE}`,
    );
  });
}

/** `auth: open`. @param webUrl where people open the dashboard, if the configuration says so */
export function admitKnownNames(app: FastifyInstance, webUrl: string | undefined): void {
  const own = webUrl === undefined ? undefined : new URL(webUrl).hostname;
  refuse(app, (request) => {
    const foreign = hostsOf(request).find((host) => !isPrivate(host) && nameIn(host) !== own);
    if (foreign === undefined) return undefined;
    return new SixpackError(
      "foreign-host",
      `Expected an address, a name without a dot or the one of \`web_url\` in the \`Host\` header, because \`auth\` is \`open\`, got ${quote(foreign)}. If that is where people open the dashboard, set \`web_url\``,
    );
  });
}

function refuse(app: FastifyInstance, refusalOf: (request: FastifyRequest) => SixpackError | undefined): void {
  let told = false;
  app.addHook("onRequest", async (request) => {
    const refusal = refusalOf(request);
    if (refusal === undefined) return;
    // Logged once: it is a wrong setting, and strangers must not fill the log.
    if (!told) request.log.warn({ detail: refusal.detail }, "requests from elsewhere are refused");
    told = true;
    throw refusal;
  });
}

/** Each `Host` the client sent, the one in its request line, and the one a trusted proxy says it was asked for. */
function hostsOf(request: FastifyRequest): readonly string[] {
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(request.originalUrl) ?? [];
  return [
    request.headers.host ?? "",
    ...sentValues(request, "host"),
    request.host,
    ...(authority === undefined ? [] : [authority]),
  ];
}

function isLoopbackHost(host: string): boolean {
  const name = nameIn(host);
  return isLoopback(name) || name.endsWith(".localhost");
}

/** An address, or a name that nobody can point here from afar. Whoever sends no name is no browser. */
function isPrivate(host: string): boolean {
  const name = nameIn(host);
  return isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0 || PRIVATE_NAME.test(name);
}

function nameIn(host: string): string {
  return host.replace(/:\d*$/, "").toLowerCase();
}

/** What shows that somebody passed the request on, to follow "got". */
function signOfProxy({ headers, raw }: FastifyRequest): string | undefined {
  const header = Object.keys(headers).find((name) => ADDED_ON_THE_WAY.test(name));
  if (header !== undefined) return `\`${header}\`, which a proxy adds`;
  return raw.httpVersionMajor === 1 && raw.httpVersionMinor === 0 ? "HTTP/1.0, which a proxy speaks" : undefined;
}
