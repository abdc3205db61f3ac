/**
 * Protection of every change against forged requests, without JavaScript: a signed token in a cookie, and the same
 * token in the form (double submit). A foreign page can make a browser send the cookie, but can neither read it nor
 * write a signed one of its own. Where people log in, the signature covers their session too, so that nobody can plant
 * a token of theirs in another's browser.
 *
 * Cookie, form field and header are called as 2.7's SeaSurf called them, so that scripts that worked go on to work.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import { formField } from "../../service/administer/fields.ts";
import { readCookie, writeCookie } from "../http/cookies.ts";
import { CSRF_FIELD, sentFields } from "../http/form.ts";
import { type Identity, SAFE_METHODS } from "../http/identity.ts";
import { wantsPage } from "../http/send.ts";
import { sameText, sign } from "../http/signature.ts";
import { LOGIN_PATH, loginUrl, MCP_PATH, safePath } from "../http/urls.ts";
import type { WebOptions } from "../http/web-options.ts";
import { sendScreen } from "../views/layout.tsx";
import { expiredScreen } from "../views/pages/expired-page.tsx";

const CSRF_HEADER = "x-csrftoken";
const COOKIE = { name: "_csrf_token" };
const NONCE_BYTES = 18;

export interface Csrf {
  /** The token for the forms of a page; sets the cookie where the browser has none for this session. */
  readonly token: (request: FastifyRequest, reply: FastifyReply) => string;
}

export function csrfTokens({ randomBytes, secretKey }: WebOptions): Csrf {
  const given = new WeakMap<FastifyRequest, { readonly to: Identity | null; readonly token: string }>();
  return {
    token: (request, reply) => {
      const { identity } = request;
      const earlier = given.get(request);
      // A page has a dozen forms.
      if (earlier !== undefined && earlier.to === identity) return earlier.token;
      const known = readCookie(request, COOKIE);
      const isGood = known !== undefined && isToken(known, secretKey, identity);
      const token = isGood ? known : newToken(identity);
      if (!isGood) writeCookie(request, reply, COOKIE, token);
      given.set(request, { to: identity, token });
      return token;
    },
  };

  function newToken(identity: Identity | null): string {
    const nonce = randomBytes(NONCE_BYTES).toString("base64url");
    return `${nonce}.${signatureOf(nonce, secretKey, identity)}`;
  }
}

/**
 * Refuses what a browser sends for another site, before anybody asks who it is, and whatever it carries: a foreign form must
 * not wait for a login and come back as if the person had filled it in. Nor does another site fetch or embed what is not for
 * everybody: the log notes who looked at a client, and a page with a thousand pictures of that would leave room for nothing
 * else. A token is no exception, because programs say of no site that they come from it; MCP asks that of every server, so
 * it holds there with `csrf_disable`, too.
 */
export function refuseForeignRequests(app: FastifyInstance, { csrfDisabled }: WebOptions): void {
  app.addHook("onRequest", async (request) => {
    const { config, url } = request.routeOptions;
    if ((csrfDisabled && url !== MCP_PATH) || !isForeign(request)) return;
    if (SAFE_METHODS.has(request.method)) {
      if (isOpened(request) || config.access === "public") return;
      throw new SixpackError(
        "csrf-failed",
        "Expected a page that a person opens, got a request by a page of another site",
      );
    }
    throw new SixpackError(
      "csrf-failed",
      `Expected a request of a page of this server or of a program, got one of ${quote(request.headers.origin ?? "another site")}; a proxy has to pass \`Host\` on`,
    );
  });
}

/**
 * Browsers say where a form comes from: by `Sec-Fetch-Site` on https and localhost, by `Origin` everywhere else. Ports
 * are not compared: some proxies leave them out of `Host`.
 */
function isForeign({ headers, hostname }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const { origin } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).hostname !== hostname.toLowerCase();
}

/** Whether it is what somebody sees next: a link of another site was followed. Who says nothing is no browser of today. */
function isOpened({ headers }: FastifyRequest): boolean {
  const shown = headers["sec-fetch-dest"];
  return shown === undefined || shown === "document";
}

/** Guards every route of `app` whose method may change something. */
export function guardForms(app: FastifyInstance, { csrfDisabled, secretKey }: WebOptions): void {
  app.addHook("preHandler", async (request, reply) => {
    if (csrfDisabled || request.is404 || SAFE_METHODS.has(request.method)) return;
    if (request.identity?.kind === "token") return;
    if (request.identity?.kind === "anyone" && isProgram(request)) return;
    const problem = formProblem(request, secretKey);
    if (problem === undefined) return;
    if (wantsPage(request) && request.routeOptions.config.form !== undefined) return sendExpired(request, reply);
    throw new SixpackError("csrf-failed", problem);
  });
}

/** A page of another site can't send JSON without asking first, and nobody answers that it may. */
function isProgram({ headers }: FastifyRequest): boolean {
  return /^application\/json\b/i.test(headers["content-type"] ?? "");
}

function formProblem(request: FastifyRequest, secretKey: string): string | undefined {
  const cookie = readCookie(request, COOKIE);
  if (cookie === undefined) {
    const ask = wantsPage(request) ? "are cookies blocked?" : "a program sends JSON, and a token where people log in";
    return `Expected the cookie that came with the form, got none: ${ask}`;
  }
  const header = request.headers[CSRF_HEADER];
  const sent = typeof header === "string" ? header : formField(request.body, CSRF_FIELD);
  const good = sent !== undefined && sameText(sent, cookie) && isToken(cookie, secretKey, request.identity);
  return good ? undefined : `Expected the token of the form in \`${CSRF_FIELD}\` or \`X-CSRFToken\``;
}

function isToken(token: string, secretKey: string, identity: Identity | null): boolean {
  const [nonce, signature, ...rest] = token.split(".");
  if (nonce === undefined || signature === undefined || rest.length > 0) return false;
  return sameText(signature, signatureOf(nonce, secretKey, identity));
}

function signatureOf(nonce: string, secretKey: string, identity: Identity | null): string {
  return sign(secretKey, "csrf", `${nonce}:${boundTo(identity)}`);
}

/** What a token is bound to; nothing where nobody logs in, and on the login itself. */
function boundTo(identity: Identity | null): string {
  switch (identity?.kind) {
    case "user":
      return `session:${identity.sessionId}`;
    case "proxied":
      return `proxied:${identity.name}`;
    default:
      return "";
  }
}

/** A form whose token is no longer good comes back with what was written in it: nobody types a description twice. */
async function sendExpired(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { config, url } = request.routeOptions;
  if (url === LOGIN_PATH) {
    // A password is not to be written into a page, so the login begins anew.
    const next = loginUrl(safePath(formField(request.body, "next")));
    return reply.redirect(`${next}${next.includes("?") ? "&" : "?"}expired=1`, 303);
  }
  const form = { path: request.url, label: config.form ?? "Send", fields: sentFields(request.body) };
  return sendScreen(reply, 403, expiredScreen(form));
}
