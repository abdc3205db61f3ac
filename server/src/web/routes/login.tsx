/**
 * Login and logout by form. A try costs us a tenth of a second of scrypt and an attacker one of few tries a minute; a
 * name that does not exist takes as long as a wrong password and gets the same answer.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { USER_NAME_LENGTH_MAX } from "../../config/items.ts";
import { ERRORS, SixpackError } from "../../domain/errors.ts";
import { isEmpty } from "../../lib/text.ts";
import { callerAddress, type TrustsProxy } from "../../ops/networks.ts";
import { NOBODYS_HASH, verifyPassword } from "../../ops/password.ts";
import { formField, requiredField } from "../../service/administer/fields.ts";
import { loginTries } from "../access/login-tries.ts";
import type { Sessions } from "../access/session.ts";
import { addRoute } from "../http/add-route.ts";
import { PENDING, queryField, type SentField, sentFields } from "../http/form.ts";
import type { User } from "../http/identity.ts";
import { wantsPage } from "../http/send.ts";
import { LOGIN_PATH, LOGOUT_PATH, safePath } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { expiredScreen } from "../views/pages/expired-page.tsx";
import { LoginPage, type LoginPageProps } from "../views/pages/login-page.tsx";

/** Passwords checked at the same time: scrypt runs on the threads that the store needs for its files. */
const CHECKS_MAX = 2;
const BUSY_RETRY_S = 1;

const MESSAGES = {
  wrong: "Wrong name or password.",
  expired: "The form was open for too long, or cookies are blocked. Please try again.",
} as const;

interface LoginOptions {
  readonly users: readonly User[];
  readonly sessions: Sessions;
  readonly trustsProxy: TrustsProxy | undefined;
}

export function addLogin(app: FastifyInstance, { users, sessions, trustsProxy }: LoginOptions): void {
  // Read as the API reads it: Fastify's own reading takes any text in the header for an address.
  const addressOf = ({ raw }: FastifyRequest) => callerAddress(raw, trustsProxy);
  const tries = loginTries(addressOf);
  const check = limitedCheck();
  addRoute(app, LOGIN_PATH, {
    access: "public",
    form: "Log in",
    GET: async (request, reply) => {
      const next = safePath(queryField(request.query, "next"));
      if (request.identity !== null) return reply.redirect(next, 302);
      const message = queryField(request.query, "expired") === undefined ? undefined : MESSAGES.expired;
      return sendLogin(reply, 200, { next, message });
    },
    POST: async (request, reply) => {
      const name = nameIn(request.body);
      const waitS = tries.ofName(request);
      const address = addressOf(request);
      if (waitS > 0) return sendTooMany(request, reply, { name, address, waitS });
      const user = users.find((candidate) => candidate.name === name);
      const good = await check(requiredField(request.body, "password"), user?.passwordHash ?? NOBODYS_HASH);
      if (good === "busy") return sendTooMany(request, reply, { name, address, waitS: BUSY_RETRY_S });
      if (!good || user === undefined) {
        request.log.warn({ user: name, address }, "login refused");
        return sendAgain(request, reply, "wrong-credentials", { name, message: MESSAGES.wrong });
      }
      request.log.info({ user: name, address }, "login");
      return welcome(request, reply, user, sessions);
    },
  });
  addRoute(app, LOGOUT_PATH, {
    access: "viewer",
    POST: async (request, reply) => {
      const { identity } = request;
      if (identity?.kind === "user") sessions.end(request, reply, identity.sessionId);
      return reply.redirect(LOGIN_PATH, 303);
    },
  });
}

/** Answers a form of somebody who has been logged out: log in, then see the form again. */
export function askToLogIn(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const pending = {
    path: request.url,
    label: request.routeOptions.config.form ?? "Send",
    fields: sentFields(request.body),
  };
  const message = "You have been logged out. Log in, and your form comes back as you filled it in.";
  return sendLogin(reply, 401, { next: "/", message, pending });
}

async function welcome(
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  sessions: Sessions,
): Promise<FastifyReply> {
  const session = sessions.begin(request, reply, user);
  request.identity = { kind: "user", name: user.name, role: user.role, sessionId: session.id };
  const pending = pendingForm(request.body);
  if (pending !== undefined) return sendScreen(reply, 200, expiredScreen(pending));
  const next = safePath(formField(request.body, "next"));
  return reply.redirect(next, 303);
}

function sendTooMany(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, address, waitS }: { readonly name: string; readonly address: string; readonly waitS: number },
): Promise<FastifyReply> {
  request.log.warn({ user: name, address, waitS }, "login locked");
  reply.header("retry-after", String(waitS));
  const message = `Too many tries. Wait ${waitS === 1 ? "a second" : `${waitS} seconds`} and try again.`;
  return sendAgain(request, reply, "too-many-tries", { name, message });
}

async function sendAgain(
  request: FastifyRequest,
  reply: FastifyReply,
  code: "wrong-credentials" | "too-many-tries",
  props: Pick<LoginPageProps, "name" | "message">,
): Promise<FastifyReply> {
  if (!wantsPage(request)) throw new SixpackError(code);
  const { body } = request;
  const pending = pendingForm(body);
  return sendLogin(reply, ERRORS[code].status, { next: safePath(formField(body, "next")), pending, ...props });
}

function sendLogin(reply: FastifyReply, status: number, props: LoginPageProps): Promise<FastifyReply> {
  return sendScreen(reply, status, { title: "Log in", content: <LoginPage {...props} /> });
}

/** The form that waited for the login. It is only shown: sending it is up to the person, with a token of the session. */
function pendingForm(body: unknown): LoginPageProps["pending"] {
  const path = formField(body, "pending_path");
  if (isEmpty(path)) return undefined;
  const fields = sentFields(body).flatMap(([name, value]): SentField[] =>
    name.startsWith(PENDING) ? [[name.slice(PENDING.length), value]] : [],
  );
  return {
    path: safePath(path),
    label: formField(body, "pending_label") ?? "Send",
    fields,
  };
}

/** @throws SixpackError invalid-form: longer than any user may be called, so nobody's name and nothing to count */
function nameIn(body: unknown): string {
  const name = requiredField(body, "name");
  if (name.length <= USER_NAME_LENGTH_MAX) return name;
  throw new SixpackError(
    "invalid-form",
    `Expected \`name\` of at most ${USER_NAME_LENGTH_MAX} characters, got ${name.length}`,
  );
}

function limitedCheck(): (password: string, hash: string) => Promise<boolean | "busy"> {
  let running = 0;
  return async (password, hash) => {
    if (running >= CHECKS_MAX) return "busy";
    running += 1;
    try {
      return await verifyPassword(password, hash);
    } finally {
      running -= 1;
    }
  };
}
