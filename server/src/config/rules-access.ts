/** Which keys of the dashboard's access only make sense together. */
import { isReserved } from "../domain/actor.ts";
import { isLoopback } from "./loopback.ts";
import type { Config } from "./schema.ts";

const LOGIN_ADVICE =
  "set `auth: password` and `users`, `auth: proxy` behind a proxy with a login, `auth: oidc` with a provider, or `auth: open` to let everybody in";

/**
 * Problems, each a line for the error.
 * @param dashboard whether it is served with this configuration
 */
export function accessProblems(config: Config, dashboard: boolean): readonly string[] {
  return [
    ...namesProblems(config),
    ...passwordProblems(config),
    ...proxyProblems(config),
    ...oidcProblems(config),
    ...addressProblems(config),
    ...opennessProblems(config, dashboard),
  ];
}

/** The log names users, tokens and keys, so one name is one of them. */
function namesProblems({ users, api_tokens, api_keys, admin_name, admin_password }: Config): readonly string[] {
  const names = [
    ...users.map(({ name }) => ["users", name] as const),
    ...(admin_password === undefined ? [] : [["admin_name", admin_name] as const]),
    ...api_tokens.map(({ name }) => ["api_tokens", name] as const),
    ...api_keys.map(({ name }) => ["api_keys", name] as const),
  ];
  const seen = new Set<string>();
  return names.flatMap(([key, name]) => {
    if (isReserved(name)) return [`${key}: expected a name that the activity log does not use, got "${name}"`];
    if (seen.has(name)) return [`${key}: expected every name once among users, tokens and keys, got "${name}" again`];
    seen.add(name);
    return [];
  });
}

function passwordProblems({ auth, users, admin_password }: Config): readonly string[] {
  if (auth !== "password") return [];
  if (users.length === 0 && admin_password === undefined) {
    return ["users: expected at least one user, or `admin_password`, because `auth` is `password`, got none"];
  }
  return users
    .filter(({ password_hash }) => password_hash === undefined)
    .map(({ name }) => `users: expected name:role:hash, because \`auth\` is \`password\`, got no hash for "${name}"`);
}

function proxyProblems({ auth, users, auth_proxy_addresses, auth_proxy_role }: Config): readonly string[] {
  if (auth !== "proxy") return [];
  const problems: string[] = [];
  if (auth_proxy_addresses.length === 0) {
    problems.push("auth_proxy_addresses: expected the address of the proxy, because `auth` is `proxy`, got none");
  }
  if (auth_proxy_role === "none" && users.length === 0) {
    problems.push("users: expected at least one user, because `auth_proxy_role` is `none`, got none");
  }
  return problems;
}

function oidcProblems(config: Config): readonly string[] {
  const { auth, admin_password, users, oidc_group_roles, oidc_role } = config;
  if (auth !== "oidc") return [];
  const because = "because `auth` is `oidc`";
  const problems = (["oidc_issuer", "oidc_client_id", "web_url"] as const)
    .filter((key) => config[key] === undefined)
    .map((key) => `${key}: expected ${KEYS_OF_OIDC[key]}, ${because}, got nothing`);
  if (oidc_role === "none" && oidc_group_roles.length === 0 && users.length === 0) {
    problems.push("oidc_group_roles: expected at least one group, or `users`, because `oidc_role` is `none`, got none");
  }
  if (admin_password !== undefined) {
    problems.push(`admin_password: expected none, ${because} and the provider checks passwords, got one`);
  }
  return problems;
}

const KEYS_OF_OIDC = {
  oidc_issuer: "the address of the provider",
  oidc_client_id: "the id of the dashboard at the provider",
  web_url: "the address under which people open the dashboard",
} as const;

function addressProblems({ web_url, web_base_path }: Config): readonly string[] {
  const path = web_url === undefined ? web_base_path : new URL(web_url).pathname.replace(/\/+$/, "");
  return path === web_base_path
    ? []
    : [`web_url: expected an address that ends with \`web_base_path\`, "${web_base_path}", got "${path}"`];
}

/**
 * Without a login the dashboard is for this machine alone. A proxy beside it connects from this machine too, whoever it is
 * that asks, so settings that speak of a proxy can't be right. `proxy_fix` is the API's as well, which is open by design.
 */
function opennessProblems({ auth, web_host, web_base_path, proxy_fix }: Config, dashboard: boolean): readonly string[] {
  if (auth !== "none") return [];
  const problems: string[] = [];
  if (!isLoopback(web_host)) {
    problems.push(
      `web_host: expected a loopback address such as 127.0.0.1, because \`auth\` is \`none\`, got "${web_host}" (${LOGIN_ADVICE})`,
    );
  }
  if (web_base_path !== "") {
    problems.push(
      `web_base_path: expected none, because \`auth\` is \`none\` and a proxy would let everybody in, got "${web_base_path}" (${LOGIN_ADVICE})`,
    );
  }
  if (dashboard && proxy_fix) {
    problems.push(
      `proxy_fix: expected false, because \`auth\` is \`none\` and a proxy would let everybody in, got true (${LOGIN_ADVICE}; \`sixpack server\` serves the API without the dashboard)`,
    );
  }
  return problems;
}
