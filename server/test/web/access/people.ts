/** People who log in to a dashboard under test, and something like a browser for each: it keeps cookies and sends forms. */
import { scryptSync } from "node:crypto";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import type { Role } from "../../../src/domain/role.ts";
import { hashToken, makeToken, TOKEN_BYTES } from "../../../src/ops/token.ts";
import type { AccessOptions, User } from "../../../src/web/http/identity.ts";
import type { WebOptions } from "../../../src/web/http/web-options.ts";

/** Cheap on purpose: the cost of a real one is tested in `ops/password.test.ts`. */
export function cheapHash(password: string): string {
  const salt = Buffer.alloc(16, 1);
  const hash = scryptSync(password, salt, 32, { N: 2, r: 1, p: 1 });
  return ["scrypt", 1, 1, 1, salt.toString("base64url"), hash.toString("base64url")].join(".");
}

export const PASSWORD = "correct horse";

export function user(name: string, role: Role, password = PASSWORD): User {
  return { name, role, passwordHash: cheapHash(password) };
}

export const USERS = [user("vera", "viewer"), user("ed", "editor"), user("ada", "admin")] as const;

export const TOKENS = {
  viewer: makeToken(Buffer.alloc(TOKEN_BYTES, 1)),
  editor: makeToken(Buffer.alloc(TOKEN_BYTES, 2)),
  admin: makeToken(Buffer.alloc(TOKEN_BYTES, 3)),
} as const;

export const WITH_PASSWORDS: AccessOptions = {
  mode: { kind: "password", users: USERS },
  tokens: Object.entries(TOKENS).map(([role, token]) => ({
    name: `${role}-script`,
    role: role as Role,
    hash: hashToken(token),
  })),
};

/** A dashboard as it is served: with a login, and forms guarded. */
export const GUARDED: Partial<WebOptions> = { access: WITH_PASSWORDS, csrfDisabled: false };

type Headers = Readonly<Record<string, string>>;
/** A field may be there several times. */
type Form = Readonly<Record<string, string | readonly string[]>>;

export class Browser {
  readonly #app: FastifyInstance;
  readonly #headers: Headers;
  readonly cookies = new Map<string, string>();

  constructor(app: FastifyInstance, headers: Headers = {}) {
    this.#app = app;
    this.#headers = { accept: "text/html", ...headers };
  }

  async get(url: string, headers: Headers = {}): Promise<LightMyRequestResponse> {
    return this.#keep(await this.#app.inject({ url, headers: this.#all(headers) }));
  }

  async head(url: string): Promise<LightMyRequestResponse> {
    return this.#keep(await this.#app.inject({ method: "HEAD", url, headers: this.#all({}) }));
  }

  /** Sends a form with the token of a page that was just opened, unless the form brings its own. */
  async post(url: string, form: Form = {}, headers: Headers = {}): Promise<LightMyRequestResponse> {
    const token = form["_csrf_token"] ?? (await this.#anyToken());
    const fields = Object.entries({ ...form, _csrf_token: token }).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, one]),
    );
    const payload = new URLSearchParams(fields).toString();
    const type = { "content-type": "application/x-www-form-urlencoded" };
    return this.#keep(
      await this.#app.inject({ method: "POST", url, headers: this.#all({ ...type, ...headers }), payload }),
    );
  }

  async logIn(name: string, password: string = PASSWORD, more: Headers = {}): Promise<LightMyRequestResponse> {
    const _csrf_token = await this.#loginToken();
    return this.post("/login", { name, password, _csrf_token, ...more });
  }

  async #anyToken(): Promise<string> {
    // The first has a form for whoever is logged in, the second for everybody else.
    for (const url of ["/removed", "/experiments/button/archive"]) {
      const token = tokenIn((await this.get(url)).body);
      if (token !== undefined) return token;
    }
    return this.#loginToken();
  }

  async #loginToken(): Promise<string> {
    return tokenIn((await this.get("/login")).body) ?? "";
  }

  #all(headers: Headers): Headers {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return { ...this.#headers, ...(cookie === "" ? {} : { cookie }), ...headers };
  }

  #keep(response: LightMyRequestResponse): LightMyRequestResponse {
    for (const { name, value, maxAge, expires } of response.cookies) {
      const gone = maxAge === 0 || (expires !== undefined && expires.getTime() === 0);
      if (gone) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

/** The token of the first form of a page. */
export function tokenIn(html: string): string | undefined {
  return /name="_csrf_token" value="([^"]+)"/.exec(html)?.[1];
}

export async function loggedIn(app: FastifyInstance, name: string): Promise<Browser> {
  const browser = new Browser(app);
  const answer = await browser.logIn(name);
  if (answer.statusCode !== 303)
    throw new Error(`Expected ${name} to get in, got ${answer.statusCode}: ${answer.body}`);
  return browser;
}
