/** The keys of the dashboard: who may use it, and what signs its sessions and forms. */
import { Type } from "typebox";
import { ROLES } from "../domain/role.ts";
import { API_TOKEN, type ApiToken, readApiToken, readUser, USER, USER_NAME_EXPECTED, type User } from "./items.ts";
import { choice, flag, list, text } from "./key.ts";
import {
  headerNameProblem,
  isPlaceholder,
  NO_PLACEHOLDER,
  networksProblem,
  passwordProblem,
  userNameProblem,
} from "./value-checks.ts";

export const dashboard = {
  auth: choice(["none", "password", "proxy", "oidc", "open"], {
    defaultText: "`oidc` if `oidc_issuer` is given, `password` if `users` or `admin_password` is, else `none`",
    description:
      "Who may use the dashboard. `none`: whoever sits at this machine; other addresses and host names are " +
      "refused, and requests that a proxy passed on. `password`: those in `users`, after a login. `proxy`: " +
      "those whom a proxy names in `auth_proxy_header`. `oidc`: those whom the provider of `oidc_issuer` knows and " +
      "who have a role, after a login there. `open`: everybody, on any address, and every page says so; of public names only under that of `web_url`.",
  }),
  users: list<User>({
    expected: "users as name:role:hash with a role of viewer, editor or admin and a hash of `sixpack hash-password`",
    item: USER,
    readItem: readUser,
    secret: true,
    description:
      "Who may log in: `name:role:hash`, separated by commas, or a YAML list of `{ name, role, password_hash " +
      "}`. `viewer` reads; `editor` also declares experiments, pauses, archives, describes, plans, sets " +
      "winners, changes traffic, weights and policy, adds and retires alternatives, and takes back pauses, " +
      "archives, winners and descriptions; `admin` also resets, deletes and restores, and takes the file of " +
      "clients. Hashes come from `sixpack hash-password`. With `auth: proxy` and `auth: oidc` the hash may be left out.",
  }),
  admin_password: text({
    expected: "a password of at least 8 characters",
    secret: true,
    problem: passwordProblem,
    env: ["SIXPACK_ADMIN_PASSWORD"],
    description:
      "Password of one user with the role admin, in plain text: the shortest way to a dashboard with a login. " +
      "`users` needs no plain password.",
  }),
  admin_name: text({
    default: "admin",
    expected: USER_NAME_EXPECTED,
    problem: userNameProblem,
    env: ["SIXPACK_ADMIN_NAME"],
    description: "Name of the user whose password is `admin_password`.",
  }),
  api_tokens: list<ApiToken>({
    expected: "tokens as name:role:hash with a role of viewer, editor or admin and a hash of `sixpack hash-password`",
    item: API_TOKEN,
    readItem: readApiToken,
    secret: true,
    description:
      "Keys of programs, sent as `Authorization: Bearer …`: `name:role:hash`, separated by commas, or a YAML " +
      "list of `{ name, role, token_hash }`. `sixpack hash-password NAME --token --role viewer` makes one and " +
      "prints its entry.",
  }),
  auth_proxy_header: text({
    default: "X-Forwarded-User",
    expected: "a name of a header",
    problem: headerNameProblem,
    description: "Header in which a proxy names the user, with `auth: proxy`.",
  }),
  auth_proxy_addresses: list<string>({
    expected: "IP addresses or networks such as 10.0.0.0/8, separated by commas",
    item: Type.String(),
    readItem: (raw) => raw,
    problem: networksProblem,
    description:
      "Addresses from which that header is believed: those of the proxy itself, as the server sees its " +
      "connections. From anywhere else it counts for nothing.",
  }),
  auth_proxy_role: choice(["none", ...ROLES], {
    default: "viewer",
    description: "Role of users whom the proxy names and `users` does not. `none` refuses them.",
  }),
  secret_key: text({
    expected: "a random text",
    secret: true,
    placeholder: { test: isPlaceholder, expected: NO_PLACEHOLDER },
    env: ["SIXPACK_CONFIG_SECRET"],
    defaultText: "made at random at each start, which ends sessions and open forms",
    description:
      "Signs sessions and forms of the dashboard. Give all dashboards of one Redis the same. A placeholder " +
      "(`temp`, `<your secret key here>`, `change-me`, an empty text) is never used: it counts as left out, " +
      "and with `auth: password` and `auth: oidc` the server does not start.",
  }),
  csrf_disable: flag({
    default: false,
    description:
      "Turns off the protection of the dashboard's actions against forged requests. Only for old scripts that send no token.",
  }),
};
