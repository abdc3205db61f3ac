/** Which keys of the dashboard's access only make sense together. */
import type { Config } from "./schema.ts";

/** Actors of the activity log that are nobody's name. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(["anyone", "api", "command line", "server"]);

/** Problems, each a line for the error. */
export function accessProblems(config: Config): readonly string[] {
  return [...namesProblems(config), ...passwordProblems(config), ...proxyProblems(config)];
}

/** The log names users and tokens alike, so one name is one of them. */
function namesProblems({ users, api_tokens, admin_name, admin_password }: Config): readonly string[] {
  const names = [
    ...users.map(({ name }) => ["users", name] as const),
    ...(admin_password === undefined ? [] : [["admin_name", admin_name] as const]),
    ...api_tokens.map(({ name }) => ["api_tokens", name] as const),
  ];
  const seen = new Set<string>();
  return names.flatMap(([key, name]) => {
    if (RESERVED_NAMES.has(name)) return [`${key}: expected a name that the activity log does not use, got "${name}"`];
    if (seen.has(name)) return [`${key}: expected every name once among users and tokens, got "${name}" again`];
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
