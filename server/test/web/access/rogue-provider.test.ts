/** Single sign-on with a provider that misbehaves: each answer that is asked of it, wrong in every way that came to mind. */
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLIENT } from "../../support/identity-provider.ts";
import { openApp } from "../support.ts";
import { SignOnScene } from "./sign-on-scene.ts";

type Behaviour = (response: ServerResponse) => void;

const DISCOVERY = "/.well-known/openid-configuration";
/** Some buffers of sockets and streams more than the most that is taken of an answer; an end would never come. */
const FLOOD_BYTES_MAX = 16 * 1_048_576;
const TRICKLE_MS = 50;

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });

let scene: SignOnScene;
let issuer = "";
/** By path. */
let behaviours: Readonly<Record<string, Behaviour>> = {};
let floodBytes = 0;

const server = createServer((request, response) => behaviours[request.url ?? ""]?.(response));

beforeAll(async () => {
  scene = await SignOnScene.start();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await scene.stop();
});
beforeEach(() => {
  floodBytes = 0;
  behaviours = {
    [DISCOVERY]: json({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/keys`,
    }),
    "/keys": json({ keys: [publicKey.export({ format: "jwk" })] }),
  };
});

function json(body: unknown, status = 200): Behaviour {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
}

/** What no answer of a provider may be, whichever it is. */
const WRONG: readonly (readonly [string, Behaviour])[] = [
  ["never ends", flood],
  ["is cut", cut],
  ["is a page", page],
  ["leads elsewhere", (response) => response.writeHead(302, { location: `${issuer}/elsewhere` }).end()],
  ["is an error", json({ error: "server_error", error_description: "<script>alert(1)</script>" }, 500)],
  ["is null", json(null)],
  ["is a list", json([])],
];

function flood(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const piece = Buffer.alloc(65_536, " ");
  const more = () => {
    floodBytes += piece.length;
    response.write(piece, (error) => error ?? more());
  };
  more();
}

function cut(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write("{", () => response.destroy());
}

function page(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" });
  response.end("<title>Sign in to the hotel's network</title>");
}

function trickle(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), TRICKLE_MS);
  response.on("close", () => clearInterval(timer));
}

function tokens(idToken: string): Behaviour {
  return json({ access_token: "an-access-token", token_type: "bearer", id_token: idToken });
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(claims: object): string {
  const text = `${base64url({ alg: "RS256" })}.${base64url(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}

function hashed(claims: object, secret: string | Buffer): string {
  const text = `${base64url({ alg: "HS256" })}.${base64url(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** Of a person with every group, so that nothing more has to be asked. */
function claimsOf(nonce: string): Record<string, unknown> {
  const nowS = Math.floor(Date.now() / 1_000);
  const whose = { sub: "1", email: "ada@example.com", email_verified: true, groups: ["platform"] };
  return { ...whose, iss: issuer, aud: CLIENT.id, iat: nowS, exp: nowS + 60, nonce };
}

/** A login in a server that just started. @param prepare what the provider does once it knows the nonce */
async function logIn(prepare: (nonce: string) => void) {
  const options = await scene.optionsOf((yaml) => yaml.replace(scene.provider.issuer, issuer));
  const app = openApp(scene.context, options);
  const headers = { accept: "text/html" };
  try {
    const begun = await app.inject({ url: "/login/start", headers });
    if (begun.statusCode !== 302) return { status: begun.statusCode, body: begun.body, isIn: false };
    const { searchParams } = new URL(String(begun.headers.location));
    prepare(searchParams.get("nonce") ?? "");
    const query = new URLSearchParams({ state: searchParams.get("state") ?? "", code: "a-code" });
    const cookie = String(begun.headers["set-cookie"]).split(";")[0] ?? "";
    const back = await app.inject({ url: `/login/callback?${query}`, headers: { ...headers, cookie } });
    const isIn = String(back.headers["set-cookie"]).includes("sixpack_session=");
    return { status: back.statusCode, body: back.body, isIn };
  } finally {
    await app.close();
  }
}

describe("a provider that misbehaves", () => {
  test("logs people in when it does not", async () => {
    const login = await logIn((nonce) => {
      behaviours = { ...behaviours, "/token": tokens(signed(claimsOf(nonce))) };
    });
    expect([login.status, login.isIn]).toEqual([302, true]);
  });

  test.each([
    ...WRONG,
    ["is of another issuer", json({ issuer: "https://evil.example" })],
    ["has no addresses", (response: ServerResponse) => json({ issuer })(response)],
    [
      "has a script for an address",
      (response: ServerResponse) => json({ issuer, authorization_endpoint: "javascript:alert(1)" })(response),
    ],
  ] as const)("closes the login when its first answer %s", async (_what, behaviour) => {
    behaviours = { [DISCOVERY]: behaviour };
    const login = await logIn(() => {});
    expect([login.status, login.isIn]).toEqual([503, false]);
    expect(login.body).toContain("does not answer");
    expect(floodBytes).toBeLessThan(FLOOD_BYTES_MAX);
  });

  test.each(WRONG)("logs nobody in when its answer with tokens %s", async (_what, behaviour) => {
    const login = await logIn(() => {
      behaviours = { ...behaviours, "/token": behaviour };
    });
    expect([login.status, login.isIn]).toEqual([502, false]);
    expect(login.body).not.toContain("<script>alert");
    expect(floodBytes).toBeLessThan(FLOOD_BYTES_MAX);
  });

  test.each(WRONG)("logs nobody in when its answer with keys %s", async (_what, behaviour) => {
    const login = await logIn((nonce) => {
      behaviours = { ...behaviours, "/token": tokens(signed(claimsOf(nonce))), "/keys": behaviour };
    });
    expect([login.status, login.isIn]).toEqual([502, false]);
    expect(floodBytes).toBeLessThan(FLOOD_BYTES_MAX);
  });

  test.each([
    ...WRONG,
    [
      "is about somebody else",
      json({ sub: "2", email: "eve@example.com", email_verified: true, groups: ["platform"] }),
    ],
  ] as const)("logs nobody in when its answer about a person %s", async (_what, behaviour) => {
    const login = await logIn((nonce) => {
      const { groups: _, ...claims } = claimsOf(nonce);
      behaviours = { ...behaviours, "/token": tokens(signed(claims)), "/userinfo": behaviour };
    });
    expect([login.status, login.isIn]).toEqual([502, false]);
    expect(floodBytes).toBeLessThan(FLOOD_BYTES_MAX);
  });

  test("is believed what it signed, where its answer about a person says otherwise", async () => {
    const login = await logIn((nonce) => {
      const { groups: _, ...claims } = claimsOf(nonce);
      const answer = { ...claims, email_verified: false, groups: ["platform"] };
      behaviours = { ...behaviours, "/token": tokens(signed(claims)), "/userinfo": json(answer) };
    });
    expect(login.isIn).toBe(true);
  });

  test("is said not to answer when a body does not end in time", async () => {
    const login = await logIn(() => {
      behaviours = { ...behaviours, "/token": trickle };
    });
    expect([login.status, login.isIn]).toEqual([503, false]);
  });
});

describe("an ID token", () => {
  test.each<[string, (claims: Record<string, unknown>) => string]>([
    ["without a signature", (claims) => `${base64url({ alg: "none" })}.${base64url(claims)}.`],
    ["hashed with the public key", (claims) => hashed(claims, publicKey.export({ format: "pem", type: "spki" }))],
    ["hashed with the client's secret", (claims) => hashed(claims, CLIENT.secret)],
    [
      "whose claims were changed",
      (claims) => signed(claims).replace(/\.[^.]*\./, `.${base64url({ ...claims, sub: "2" })}.`),
    ],
    ["of another issuer", (claims) => signed({ ...claims, iss: "https://evil.example" })],
    ["for another client", (claims) => signed({ ...claims, aud: "another" })],
    ["for two clients, by another", (claims) => signed({ ...claims, aud: [CLIENT.id, "another"], azp: "another" })],
    ["of another login", (claims) => signed({ ...claims, nonce: "another" })],
    ["of no login", ({ nonce: _, ...claims }) => signed(claims)],
    ["that is over", (claims) => signed({ ...claims, exp: Math.floor(Date.now() / 1_000) - 3_600 })],
    ["that never ends", ({ exp: _, ...claims }) => signed(claims)],
    ["that begins tomorrow", (claims) => signed({ ...claims, nbf: Math.floor(Date.now() / 1_000) + 86_400 })],
    ["of nobody", ({ sub: _, ...claims }) => signed(claims)],
    ["that is a number", () => "7"],
  ])("%s logs nobody in", async (_what, make) => {
    const login = await logIn((nonce) => {
      behaviours = { ...behaviours, "/token": tokens(make(claimsOf(nonce))) };
    });
    expect([login.status, login.isIn]).toEqual([502, false]);
  });
});
