/** Turns the configuration into the rules for access to the dashboard. */
import { createHmac } from "node:crypto";
import { type Loaded, sourceText } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { Logger } from "../ops/log.ts";
import { hashPassword, SALT_BYTES } from "../ops/password.ts";
import type { AccessMode, AccessOptions, User } from "../web/http/identity.ts";
import type { WebOptions } from "../web/http/web-options.ts";

/** Logged once, in a process without a login whose `secret_key` is a placeholder. */
export function tellPlaceholder(log: Logger, { sources: { secret_key: source } }: Loaded): void {
  if (source.kind !== "placeholder") return;
  log.warn(
    { given: sourceText(source.given) },
    "`secret_key` is a placeholder, which is never used as a key: one made at random stands in for it, so that open forms end with this process, and no other dashboard takes them. Make one: openssl rand -hex 32",
  );
}

/** @param secretKey the one in force, made up or given */
export async function accessOptions(config: Config, secretKey: string): Promise<AccessOptions> {
  return {
    mode: await accessMode(config, secretKey),
    tokens: config.api_tokens.map(({ name, role, token_hash: hash }) => ({ name, role, hash })),
  };
}

async function accessMode(config: Config, secretKey: string): Promise<AccessMode> {
  switch (config.auth) {
    case "none":
    case "open":
      return { kind: config.auth };
    case "password":
      return { kind: "password", users: await usersOf(config, secretKey) };
    case "oidc":
      return oidcMode(config);
    case "proxy":
      return {
        kind: "proxy",
        header: config.auth_proxy_header,
        addresses: config.auth_proxy_addresses,
        roles: new Map(config.users.map(({ name, role }) => [name, role])),
        otherRole: config.auth_proxy_role === "none" ? undefined : config.auth_proxy_role,
      };
  }
}

/** Where the dashboard is for people. */
export function webAddress({ web_url, web_base_path: basePath }: Config): Pick<WebOptions, "basePath" | "webUrl"> {
  return { basePath, webUrl: web_url?.replace(/\/+$/, "") };
}

/** What `config/rules-access.ts` asks for is there by now. */
function oidcMode(config: Config): AccessMode {
  const { oidc_issuer: issuer = "", oidc_client_id: clientId = "" } = config;
  const { webUrl = "" } = webAddress(config);
  return {
    kind: "oidc",
    issuer,
    clientId,
    clientSecret: config.oidc_client_secret,
    clientAuth: config.oidc_client_auth,
    scope: config.oidc_scope,
    nameClaim: config.oidc_name_claim,
    groupClaim: config.oidc_group_claim,
    roles: new Map(config.users.map(({ name, role }) => [name, role])),
    groups: new Map(config.oidc_group_roles.map(({ group, role }) => [group, role])),
    otherRole: config.oidc_role === "none" ? undefined : config.oidc_role,
    webUrl,
  };
}

async function usersOf(config: Config, secretKey: string): Promise<readonly User[]> {
  const { users, admin_name: name, admin_password: password } = config;
  const listed = users.flatMap(({ name: user, role, password_hash: passwordHash }) =>
    passwordHash === undefined ? [] : [{ name: user, role, passwordHash }],
  );
  if (password === undefined) return listed;
  // Sessions are signed with the hash: it must be the same in every process and after every start.
  const salt = createHmac("sha256", secretKey).update(`sixpack:admin-salt:${name}`).digest().subarray(0, SALT_BYTES);
  return [...listed, { name, role: "admin", passwordHash: await hashPassword(password, salt) }];
}
