/**
 * The dashboard server: pages, 2.7's JSON, and the actions, on Fastify. The order of registration is the order in
 * which a request meets things: headers, cookies and bodies, who calls, protection of forms, routes.
 *
 * @example
 * const app = createWebApp(context, options);
 * await app.listen({ port: 5001 });
 */
import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { answerBrokenRequest } from "../ops/broken.ts";
import type { ServiceContext } from "../service/context.ts";
import { addCurrentUser, type Entrance, guardAccess } from "./access/auth.ts";
import { csrfTokens, guardForms, refuseForeignRequests } from "./access/csrf.ts";
import { addSecurityHeaders } from "./access/security.ts";
import { listedAccounts, Sessions, vouchedAccounts } from "./access/session.ts";
import { findAssets, serveAssets } from "./http/assets.ts";
import { flashes } from "./http/flash.ts";
import { addFrames } from "./http/frame.ts";
import type { AccessMode } from "./http/identity.ts";
import { addMount, unmounting } from "./http/mount.ts";
import { loginUrl, signOnUrl } from "./http/urls.ts";
import {
  WEB_BODY_BYTES_MAX,
  WEB_CONNECTIONS_MAX,
  WEB_HEADER_BYTES_MAX,
  WEB_HEADERS_TIMEOUT_MS,
  WEB_REQUEST_TIMEOUT_MS,
  WEB_SEGMENT_LENGTH_MAX,
  WEB_TIMEOUT_CHECK_MS,
  type WebOptions,
} from "./http/web-options.ts";
import { addPlanAnswer, addSharePage } from "./routes/act-forms.tsx";
import { addActions } from "./routes/actions.ts";
import { addAlerts } from "./routes/alerts.tsx";
import { addCalibration } from "./routes/calibration-routes.tsx";
import { addClients } from "./routes/clients.tsx";
import { addWinnerPages } from "./routes/confirm.tsx";
import { addOpenApi } from "./routes/dashboard-openapi.ts";
import { addEvents } from "./routes/event-stream.ts";
import { addExperiments } from "./routes/experiments.tsx";
import { addAsCode } from "./routes/experiments-file-routes.ts";
import { addReads } from "./routes/json.ts";
import { addKeeping } from "./routes/keeping.ts";
import { addLists } from "./routes/lists.tsx";
import { addLogbook } from "./routes/logbook.tsx";
import { addLogin, askToLogIn } from "./routes/login.tsx";
import { addMcp } from "./routes/mcp.ts";
import { addMethod } from "./routes/method.tsx";
import { addNeighbours } from "./routes/neighbours.ts";
import { addNew } from "./routes/new.tsx";
import { handleErrors, refuseUnrouted } from "./routes/refuse.tsx";
import { addTimeline } from "./routes/run-timeline.tsx";
import { addViews } from "./routes/saved-lists.ts";
import { addSearch } from "./routes/search.tsx";
import { addSeveral } from "./routes/several-at-once.ts";
import { addShareLinks } from "./routes/share-link-routes.tsx";
import { addShared } from "./routes/shared-routes.tsx";
import { addSignOn, keepFormForSignOn } from "./routes/sign-on-routes.tsx";
import { addTheme } from "./routes/theme.ts";

/** The server, not yet listening; `listen`, `inject` or `ready` finishes its plugins. */
export function createWebApp(context: ServiceContext, options: WebOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
    // Only defects are logged; page views belong in the access log of a proxy.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: WEB_BODY_BYTES_MAX,
    requestTimeout: WEB_REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: WEB_SEGMENT_LENGTH_MAX },
    frameworkErrors: refuseUnrouted,
    clientErrorHandler: answerBrokenRequest({
      urlBytesMax: WEB_HEADER_BYTES_MAX,
      headerBytesMax: WEB_HEADER_BYTES_MAX,
      requestTimeoutMs: WEB_REQUEST_TIMEOUT_MS,
    }),
    http: {
      maxHeaderSize: WEB_HEADER_BYTES_MAX,
      headersTimeout: WEB_HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: WEB_TIMEOUT_CHECK_MS,
    },
    trustProxy: options.trustsProxy ?? false,
    rewriteUrl: unmounting(options.basePath ?? ""),
  });
  app.server.maxConnections = options.connectionsMax ?? WEB_CONNECTIONS_MAX;
  // An expectation that nobody knows is passed over, where node:http would answer an empty 417.
  app.server.on("checkExpectation", (request, response) => app.routing(request, response));
  addMount(app, options.basePath ?? "");
  addSecurityHeaders(app);
  app.register(cookie);
  // Forms and JSON are all there is to read: plain text is a type that a foreign page may send without being asked.
  app.removeContentTypeParser("text/plain");
  app.register(formbody, { bodyLimit: WEB_BODY_BYTES_MAX });
  handleErrors(app, options);
  addDoor(app, context, options);
  return app;
}

/** What people meet who have not logged in. */
function entranceOf({ kind }: AccessMode): Entrance {
  if (kind === "oidc") return { askToLogIn: keepFormForSignOn, loginUrl: (next) => signOnUrl(next) };
  return { askToLogIn, loginUrl: kind === "password" ? loginUrl : undefined };
}

/** Finds out who calls and what they may do, and adds the routes behind that. */
function addDoor(app: FastifyInstance, context: ServiceContext, options: WebOptions): void {
  const { access, secretKey, randomBytes } = options;
  const nowMs = () => context.clock.nowMs();
  const csrf = csrfTokens(options);
  const flash = flashes(secretKey, nowMs);
  const users = access.mode.kind === "password" ? access.mode.users : [];
  const accounts = access.mode.kind === "oidc" ? vouchedAccounts(access.mode) : listedAccounts(users);
  const sessions = new Sessions({ secretKey, randomBytes, nowMs, accounts });
  const assets = findAssets();
  addCurrentUser(app, access.mode, csrf, flash);
  addFrames(app, context, assets);
  refuseForeignRequests(app, options);
  guardAccess(app, { access, sessions, webUrl: options.webUrl, ...entranceOf(access.mode) });
  guardForms(app, options);
  // Routes go in after the plugins: a route only sees the hooks that were there before it.
  app.register(async (routes) => {
    if (access.mode.kind === "password") addLogin(routes, { users, sessions, trustsProxy: options.trustsProxy });
    if (access.mode.kind === "oidc") addSignOn(routes, { ...options, mode: access.mode, sessions, nowMs });
    serveAssets(routes, assets);
    addTheme(routes);
    addLists(routes, context, options);
    addReads(routes, context);
    addExperiments(routes, context, options);
    addNeighbours(routes, context);
    addCalibration(routes, context);
    addMethod(routes);
    addEvents(routes, context, options);
    addWinnerPages(routes, context);
    addActions(routes, context, flash);
    addSharePage(routes, context);
    addPlanAnswer(routes, context);
    addNew(routes, context, flash);
    addTimeline(routes, context);
    addSearch(routes, context);
    addShareLinks(routes, context, options, flash);
    addShared(routes, context, options);
    addViews(routes, context, flash);
    addSeveral(routes, context, flash);
    addKeeping(routes, context);
    addOpenApi(routes);
    addLogbook(routes, context);
    addClients(routes, context);
    addAsCode(routes, context, options);
    addMcp(routes, context, options);
    addAlerts(routes, context, options, flash);
  });
}
