/**
 * Access to the dashboard: finds out who calls, and refuses callers that may not use the path.
 *
 * Nothing is open by mistake: a path without a role of its own needs `viewer`, one that changes something `admin`, and
 * a path that does not exist is refused like one that does.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError, unreachable } from "../../domain/errors.ts";
import { bearerToken, verifyToken } from "../../ops/token.ts";
import type { Flashes } from "../http/flash.ts";
import {
  type Access,
  type AccessMode,
  type AccessOptions,
  allows,
  type Identity,
  roleOf,
  rolesAllowed,
  SAFE_METHODS,
  type Stranger,
} from "../http/identity.ts";
import { wantsPage } from "../http/send.ts";
import type { Csrf } from "./csrf.ts";
import { admitKnownNames, admitThisMachine } from "./here.ts";
import { proxyLogin } from "./proxy.ts";
import type { Sessions } from "./session.ts";

/** Under these everything is a file of the package, the same for everybody. */
const STATIC_PREFIX = "/assets/";

type Identify = (request: FastifyRequest, reply: FastifyReply) => Identity | Stranger;

const WITHOUT_SESSION: Stranger = {
  kind: "stranger",
  detail: "Expected a session, or a token in `Authorization: Bearer`, got none",
};

interface GuardOptions extends Entrance {
  readonly access: AccessOptions;
  readonly sessions: Sessions;
  readonly webUrl: string | undefined;
}

/** What people meet who have not logged in. */
export interface Entrance {
  /** Answers a form of somebody who was logged out while filling it in. */
  readonly askToLogIn: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
  /** Where people are sent who have not logged in; `undefined` where there is no login of ours. */
  readonly loginUrl: ((next: string) => string) | undefined;
}

/** Guards every route of `app`, known or not. */
export function guardAccess(app: FastifyInstance, options: GuardOptions): void {
  const { mode } = options.access;
  const identify = identifier(options);
  app.decorateRequest("identity", null);
  if (mode.kind === "none") admitThisMachine(app);
  if (mode.kind === "open") admitKnownNames(app, options.webUrl);
  app.addHook("onRequest", async (request, reply) => {
    const access = accessOf(request);
    const caller = identify(request, reply);
    if (caller.kind !== "stranger") {
      request.identity = caller;
      return checkRole(caller, access);
    }
    if (access === "public" || waitsForForm(request, options)) return;
    return refuseStranger(request, reply, caller, options);
  });
  // A person who was logged out while filling in a form gets its content back. The body is read only by now.
  app.addHook("preHandler", async (request, reply) => {
    if (request.identity === null && accessOf(request) !== "public") return options.askToLogIn(request, reply);
  });
}

function identifier({ access: { mode, tokens }, sessions }: GuardOptions): Identify {
  const byMode = identifierOf(mode, sessions, new Set(tokens.map(({ name }) => name)));
  return (request, reply) => {
    const presented = bearerToken(request.headers.authorization);
    if (presented === undefined) return byMode(request, reply);
    const token = tokens.find(({ hash }) => verifyToken(presented, hash));
    if (token === undefined) throw new SixpackError("login-required", "Expected a token of `api_tokens`, got another");
    return { kind: "token", name: token.name, role: token.role };
  };
}

function identifierOf(mode: AccessOptions["mode"], sessions: Sessions, tokens: ReadonlySet<string>): Identify {
  switch (mode.kind) {
    case "none":
    case "open":
      return () => ({ kind: "anyone" });
    case "proxy":
      return proxyLogin(mode, tokens);
    case "password":
    case "oidc":
      return (request, reply) => {
        const found = sessions.find(request, reply);
        if (found === undefined) return WITHOUT_SESSION;
        const { name, role } = found.account;
        return { kind: "user", name, role, sessionId: found.session.id };
      };
    default:
      return unreachable(mode);
  }
}

function accessOf(request: FastifyRequest): Access {
  const { config, url } = request.routeOptions;
  if (config.access !== undefined) return config.access;
  // Also if there is no such file, because a missing file must not lead to the login.
  if (url?.startsWith(STATIC_PREFIX) === true || (request.is404 && request.url.startsWith(STATIC_PREFIX)))
    return "public";
  return SAFE_METHODS.has(request.method) || request.is404 ? "viewer" : "admin";
}

/** @throws SixpackError forbidden */
function checkRole(identity: Identity, access: Access): void {
  const role = roleOf(identity);
  if (allows(role, access)) return;
  throw new SixpackError("forbidden", `Expected the role ${rolesAllowed(access)}, got ${role}`);
}

function waitsForForm(request: FastifyRequest, { loginUrl }: GuardOptions): boolean {
  return (
    loginUrl !== undefined &&
    request.method === "POST" &&
    request.routeOptions.config.form !== undefined &&
    wantsPage(request)
  );
}

/** People are sent to the login and back to where they wanted to go; programs get 401. */
function refuseStranger(
  request: FastifyRequest,
  reply: FastifyReply,
  { detail }: Stranger,
  { loginUrl }: GuardOptions,
): FastifyReply {
  if (loginUrl !== undefined && wantsPage(request)) {
    const next = SAFE_METHODS.has(request.method) ? request.url : "/";
    return reply.redirect(loginUrl(next), 302);
  }
  reply.header("www-authenticate", 'Bearer realm="Sixpack"');
  throw new SixpackError("login-required", detail);
}

/** Tells every page who looks at it. */
export function addCurrentUser(app: FastifyInstance, mode: AccessMode, csrf: Csrf, flashes: Flashes): void {
  app.decorateReply("currentUser", null);
  app.addHook("onRequest", async (request, reply) => {
    reply.currentUser = () => {
      const { identity } = request;
      return {
        name: identity === null || identity.kind === "anyone" ? null : identity.name,
        role: identity === null ? "viewer" : roleOf(identity),
        can: (role) => identity !== null && allows(roleOf(identity), role),
        canLogOut: identity?.kind === "user",
        unknown: identity === null,
        isGuest: false,
        openToAll: mode.kind === "open",
        csrfToken: () => csrf.token(request, reply),
        takeFlash: () => flashes.take(request, reply),
      };
    };
  });
}
