/**
 * Protection of every change against forged requests, without a session and without JavaScript: a signed token in a
 * cookie, and the same token in the form (double submit). A foreign page can make a browser send the cookie, but can
 * neither read it nor write a signed one of its own.
 *
 * Cookie, form field and header are called as 2.7's SeaSurf called them, so that scripts that worked go on to work.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../domain/errors.ts";
import { formField } from "./form.ts";
import type { WebOptions } from "./options.ts";
import { sameText, sign } from "./signature.ts";

export const CSRF_FIELD = "_csrf_token";
export const CSRF_HEADER = "x-csrftoken";
const COOKIE = "_csrf_token";
/** On https the prefix makes browsers refuse the cookie from a subdomain or over plain http. */
const COOKIE_SECURE = "__Host-_csrf_token";
const NONCE_BYTES = 18;

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export interface Csrf {
  /** The token for the forms of a page; sets the cookie where the browser has none. */
  readonly token: (request: FastifyRequest, reply: FastifyReply) => string;
}

/** Guards every route of `app` whose method may change something. */
export function guardForms(app: FastifyInstance, options: WebOptions): Csrf {
  const { csrfDisabled, randomBytes, secretKey } = options;
  app.addHook("preHandler", async (request) => {
    if (csrfDisabled || request.is404 || SAFE_METHODS.has(request.method)) return;
    checkForm(request, secretKey);
  });
  return {
    token: (request, reply) => {
      const name = cookieName(request);
      const known = request.cookies[name];
      if (known !== undefined && isToken(known, secretKey)) return known;
      const nonce = randomBytes(NONCE_BYTES).toString("base64url");
      const token = `${nonce}.${sign(secretKey, "csrf", nonce)}`;
      reply.setCookie(name, token, { path: "/", httpOnly: true, sameSite: "lax", secure: isSecure(request) });
      return token;
    },
  };
}

/** @throws SixpackError csrf-failed */
function checkForm(request: FastifyRequest, secretKey: string): void {
  // Browsers name the origin of a request on https and localhost; a foreign one has no business here, token or not.
  if (request.headers["sec-fetch-site"] === "cross-site") {
    throw new SixpackError("csrf-failed", "Expected a form of this server, got one of another site");
  }
  const cookie = request.cookies[cookieName(request)];
  if (cookie === undefined) {
    throw new SixpackError(
      "csrf-failed",
      "Expected the cookie that came with the form, got none: are cookies blocked?",
    );
  }
  const header = request.headers[CSRF_HEADER];
  const sent = typeof header === "string" ? header : formField(request.body, CSRF_FIELD);
  if (sent === undefined || !sameText(sent, cookie) || !isToken(cookie, secretKey)) {
    throw new SixpackError("csrf-failed", `Expected the token of the form in \`${CSRF_FIELD}\` or \`X-CSRFToken\``);
  }
}

function isToken(token: string, secretKey: string): boolean {
  const [nonce, signature, ...rest] = token.split(".");
  if (nonce === undefined || signature === undefined || rest.length > 0) return false;
  return sameText(signature, sign(secretKey, "csrf", nonce));
}

function cookieName(request: FastifyRequest): string {
  return isSecure(request) ? COOKIE_SECURE : COOKIE;
}

function isSecure(request: FastifyRequest): boolean {
  return request.protocol === "https";
}
