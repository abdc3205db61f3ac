/**
 * Login and logout at a provider. `/login/start` leads there, `/login/callback` back; `/login` is what people see when one
 * of the two failed, and after a logout.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isEmpty } from "../../lib/text.ts";
import { callerAddress, type TrustsProxy } from "../../ops/networks.ts";
import { cutQuery } from "../../ops/target.ts";
import { loginTries } from "../access/login-tries.ts";
import { messageOf } from "../access/openid-provider.ts";
import { SESSION_IDLE_MS, type Sessions } from "../access/session.ts";
import {
  SIGN_ON_TIME_MAX_MS,
  type SignOnRefusal,
  SingleSignOn,
  type SingleSignOnOptions,
} from "../access/single-sign-on.ts";
import { addRoute } from "../http/add-route.ts";
import { clearCookie, readCookie, writeCookie } from "../http/cookies.ts";
import { queryField, sentFields } from "../http/form.ts";
import type { AccessOptions } from "../http/identity.ts";
import { LOGIN_PATH, LOGOUT_PATH, SIGN_ON_CALLBACK_PATH, SIGN_ON_PATH, safePath } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { expiredScreen } from "../views/pages/expired-page.tsx";
import { LeavingPage, SignOnPage } from "../views/pages/sign-on-page.tsx";

const BROWSER_COOKIE = { name: "sixpack_sign_on" };
const BROWSER_BYTES = 18;
/** Long, and tells the provider who leaves. Planted, it makes the provider ask. */
const ID_TOKEN_COOKIE = { name: "sixpack_id_token", isHint: true };
/** Longest ID token kept for the logout, in characters: browsers drop cookies of more than 4,096 bytes. */
const ID_TOKEN_LENGTH_MAX = 3_500;

const MESSAGES: Readonly<Record<SignOnRefusal, { readonly status: number; readonly text: string }>> = {
  stale: {
    status: 400,
    text: `This login was begun in another browser, or more than ${SIGN_ON_TIME_MAX_MS / 60_000} minutes ago. Please try again.`,
  },
  declined: { status: 403, text: "The provider did not log you in." },
  invalid: { status: 502, text: "The provider's answer could not be used. The server's log says why." },
  clock: { status: 502, text: "The provider's clock and the one of this server are too far apart." },
  unreachable: { status: 503, text: "The provider that checks who you are does not answer. Please try again later." },
  nameless: { status: 403, text: "The provider did not say who you are in a way that counts here." },
  "without-role": { status: 403, text: "has no role here. Ask whoever runs this server for one." },
};

interface SignOnSettings extends Omit<SingleSignOnOptions, "taken"> {
  readonly access: AccessOptions;
  readonly sessions: Sessions;
  readonly trustsProxy: TrustsProxy | undefined;
}

interface SignOnOptions extends SignOnSettings {
  readonly singleSignOn: SingleSignOn;
}

export function addSignOn(app: FastifyInstance, settings: SignOnSettings): void {
  const singleSignOn = new SingleSignOn({
    ...settings,
    taken: new Set(settings.access.tokens.map(({ name }) => name)),
  });
  const options = { ...settings, singleSignOn };
  const addressOf = ({ raw }: FastifyRequest) => callerAddress(raw, options.trustsProxy);
  const tries = loginTries(addressOf);
  app.addHook("onReady", async () => {
    // Not waited for: whoever starts before the provider is up serves all the same.
    singleSignOn.prepare().catch((error: unknown) => {
      app.log.warn(
        { detail: messageOf(error) },
        "the provider of `oidc_issuer` does not answer; logins fail until it does",
      );
    });
  });
  addRoute(app, LOGIN_PATH, {
    access: "public",
    GET: async (request, reply) => {
      const next = safePath(queryField(request.query, "next"));
      if (request.identity !== null) return reply.redirect(next, 302);
      return sendSignOn(reply, 200, { next });
    },
  });
  addRoute(app, SIGN_ON_PATH, { access: "public", GET: (request, reply) => begin(request, reply, options) });
  addRoute(app, SIGN_ON_CALLBACK_PATH, {
    access: "public",
    GET: async (request, reply) => {
      const waitS = tries.ofAddress(request);
      if (waitS === 0) return finish(request, reply, { ...options, address: addressOf(request) });
      reply.header("retry-after", String(waitS));
      return sendSignOn(reply, 429, { next: "/", message: `Too many tries. Wait ${waitS} seconds and try again.` });
    },
  });
  addRoute(app, LOGOUT_PATH, { access: "viewer", POST: (request, reply) => logOut(request, reply, options) });
}

/** Answers a form of somebody who has been logged out: it waits in its tab while the person logs in in another. */
export function keepFormForSignOn(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const label = request.routeOptions.config.form ?? "Send";
  const form = { path: request.url, label, fields: sentFields(request.body) };
  return sendScreen(reply, 401, expiredScreen(form, SIGN_ON_PATH));
}

async function begin(
  request: FastifyRequest,
  reply: FastifyReply,
  { randomBytes, singleSignOn }: SignOnOptions,
): Promise<FastifyReply> {
  const next = safePath(queryField(request.query, "next"));
  const known = readCookie(request, BROWSER_COOKIE);
  const browser = isEmpty(known) ? randomBytes(BROWSER_BYTES).toString("base64url") : known;
  const isAgain = queryField(request.query, "again") !== undefined;
  try {
    const url = await singleSignOn.begin(browser, next, isAgain);
    writeCookie(request, reply, BROWSER_COOKIE, browser, SIGN_ON_TIME_MAX_MS);
    return reply.redirect(url, 302);
  } catch (error) {
    request.log.warn({ detail: messageOf(error) }, "login impossible");
    const { status, text } = MESSAGES.unreachable;
    return sendSignOn(reply, status, { next, message: text });
  }
}

async function finish(
  request: FastifyRequest,
  reply: FastifyReply,
  { address, sessions, singleSignOn }: SignOnOptions & { readonly address: string },
): Promise<FastifyReply> {
  const [, query] = cutQuery(request.url);
  const outcome = await singleSignOn.finish(new URLSearchParams(query), readCookie(request, BROWSER_COOKIE));
  if (outcome.kind === "refused") {
    const { why, next, detail, name } = outcome;
    request.log.warn({ user: name, address, why, detail }, "login refused");
    // The provider has just said who is there, and that is nobody here any more: an earlier session must not say otherwise.
    const isNobody = why === "without-role" || why === "nameless";
    if (isNobody && request.identity?.kind === "user") {
      sessions.end(request, reply, request.identity.sessionId);
      request.identity = null;
    }
    // Come back a second time, by a reload or the back button, or in another tab: the person is in.
    if (request.identity !== null) return reply.redirect(next, 302);
    const { status, text } = MESSAGES[why];
    const message = name === undefined ? text : `${name} ${text}`;
    return sendSignOn(reply, status, { next, message, again: isNobody });
  }
  const { name, next, idToken } = outcome;
  request.log.info({ user: name, address }, "login");
  sessions.begin(request, reply, outcome);
  if (idToken !== undefined && idToken.length <= ID_TOKEN_LENGTH_MAX) {
    writeCookie(request, reply, ID_TOKEN_COOKIE, idToken, SESSION_IDLE_MS);
  }
  return reply.redirect(next, 302);
}

async function logOut(
  request: FastifyRequest,
  reply: FastifyReply,
  { sessions, singleSignOn }: SignOnOptions,
): Promise<FastifyReply> {
  const { identity } = request;
  const idToken = readCookie(request, ID_TOKEN_COOKIE);
  if (identity?.kind === "user") sessions.end(request, reply, identity.sessionId);
  clearCookie(request, reply, ID_TOKEN_COOKIE);
  // A login that waits in another tab would log the person in again.
  clearCookie(request, reply, BROWSER_COOKIE);
  const url = await singleSignOn.logoutUrl(idToken);
  if (url === undefined) return reply.redirect(LOGIN_PATH, 303);
  request.identity = null;
  // Not by a redirect: browsers hold one that answers a form to the hosts that forms may lead to, which is ours alone.
  reply.header("refresh", `0; url=${url}`);
  return sendScreen(reply, 200, { title: "Logged out", content: <LeavingPage to={url} /> });
}

function sendSignOn(
  reply: FastifyReply,
  status: number,
  props: Parameters<typeof SignOnPage>[0],
): Promise<FastifyReply> {
  return sendScreen(reply, status, { title: "Log in", content: <SignOnPage {...props} /> });
}
