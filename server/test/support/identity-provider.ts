/** A real OpenID Connect provider: the package oidc-provider on a port of its own, with people, groups and keys to change. */
import { AsyncLocalStorage } from "node:async_hooks";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import Provider, { type Configuration, type JWK } from "oidc-provider";

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  vera: ["analysts"],
  ed: ["shop-team", "analysts"],
  ada: ["analysts", "platform"],
  mallory: ["platform"],
  eve: ["platform"],
  nobody: ["interns"],
};

export interface IdentityProvider {
  readonly issuer: string;
  /** Signs with another key from now on, and shows only that one. */
  readonly rotateKeys: () => void;
  /** Of each person, by the name that is typed at the login. */
  readonly groups: Map<string, readonly string[]>;
  /** Sets its clock, in seconds beside the true one. */
  clockOffsetS: number;
  /** Neither answers nor refuses: closes what comes. */
  isDown: boolean;
  /** Asks for what it was asked for before, such as keys. */
  readonly paths: string[];
  readonly close: () => Promise<void>;
}

export const CLIENT = { id: "sixpack", secret: "a secret of the provider" } as const;

/** A clock that only the provider's own work sees. */
const offsetMs = new AsyncLocalStorage<number>();
const trueNow = Date.now;

/** @param webUrl where the dashboard is */
export async function startIdentityProvider(webUrl: string): Promise<IdentityProvider> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Date.now = () => trueNow() + (offsetMs.getStore() ?? 0);
  const groups = new Map(Object.entries(GROUPS));
  let answer: RequestListener = providerAt(issuer, webUrl, groups);
  const provider: IdentityProvider = {
    issuer,
    rotateKeys: () => {
      answer = providerAt(issuer, webUrl, groups);
    },
    groups,
    clockOffsetS: 0,
    isDown: false,
    paths: [],
    close: async () => {
      Date.now = trueNow;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on("request", (request, response) => {
    provider.paths.push(request.url ?? "");
    if (provider.isDown) request.socket.destroy();
    else offsetMs.run(provider.clockOffsetS * 1_000, () => answer(request, response));
  });
  return provider;
}

function providerAt(issuer: string, webUrl: string, groupsOf: IdentityProvider["groups"]): RequestListener {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" } as JWK;
  const configuration: Configuration = {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${webUrl}/login/callback`],
        post_logout_redirect_uris: [`${webUrl}/login`],
      },
    ],
    jwks: { keys: [key] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `${INTERACTION}${uid}` },
    cookies: { keys: ["a key of the provider"] },
    scopes: ["openid", "profile", "email", "groups"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
    ttl: { IdToken: 10, AccessToken: 600, Session: 3_600, Interaction: 600, Grant: 3_600 },
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@example.com`,
        // Some write it as a text.
        email_verified: id === "eve" ? "false" : id !== "mallory",
        groups: [...(groupsOf.get(id) ?? [])],
      }),
    }),
    // Who logs in has agreed: consent is between a person and the provider.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? "",
        accountId: oidc.session?.accountId ?? "",
      });
      grant.addOIDCScope("openid profile email groups");
      await grant.save();
      return grant;
    },
  };
  const provider = new Provider(issuer, configuration);
  const answer = provider.callback();
  return (request, response) => {
    if (request.url?.startsWith(INTERACTION) !== true) answer(request, response);
    else interact(provider, request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  };
}

const INTERACTION = "/interaction/";

/** The provider's page: whoever types a name is that person, and without one refuses to log in. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await provider.interactionDetails(request, response);
  if (request.method === "POST") {
    const name = new URLSearchParams(await text(request)).get("name") ?? "";
    const result = name === "" ? { error: "access_denied" } : { login: { accountId: name } };
    return provider.interactionFinished(request, response, result);
  }
  response.writeHead(200, { "content-type": "text/html" });
  response.end('<form method="post"><input name="name"><button>Go on</button></form>');
}
