/** The keys of a login at an OpenID Connect provider. */
import { type Static, Type } from "typebox";
import { ROLES } from "../domain/role.ts";
import { choice, list, text } from "./key.ts";
import { issuerProblem } from "./value-checks.ts";

const GROUP_ROLE = Type.Object({ group: Type.String({ minLength: 1 }), role: Type.Enum([...ROLES]) });
type GroupRole = Readonly<Static<typeof GROUP_ROLE>>;

/** `group:role`; the name of a group may hold colons itself. */
function readGroupRole(raw: unknown): unknown {
  const match = typeof raw === "string" ? /^(.+):([^:]+)$/.exec(raw) : null;
  return match === null ? raw : { group: match[1], role: match[2] };
}

export const singleSignOn = {
  oidc_issuer: text({
    expected: "a URL that starts with https://, or with http:// on this machine",
    problem: issuerProblem,
    description:
      "The OpenID Connect provider, with `auth: oidc`: its issuer as it calls itself, under which " +
      "`/.well-known/openid-configuration` lies.",
  }),
  oidc_client_id: text({
    expected: "the id under which the provider knows the dashboard",
    description: "Id of the dashboard at the provider.",
  }),
  oidc_client_secret: text({
    expected: "the secret that the provider gave",
    secret: true,
    description: "Secret of the dashboard at the provider. Left out, it is a public client, with PKCE alone.",
  }),
  oidc_client_auth: choice(["basic", "post"], {
    default: "basic",
    description:
      "How the secret is sent: in the header `Authorization` (`client_secret_basic`), or in the body " +
      "(`client_secret_post`). What the provider was told at registration.",
  }),
  oidc_scope: text({
    default: "openid profile email",
    expected: "scopes separated by spaces, `openid` among them",
    problem: (scope) =>
      scope.split(" ").includes("openid") ? undefined : "scopes separated by spaces, `openid` among them",
    description: "What the provider is asked for. Some give groups only for a scope of their own, such as `groups`.",
  }),
  oidc_name_claim: text({
    default: "email",
    expected: "the name of a claim",
    description:
      "Claim with the name under which a person stands in the activity log and in `users`. An `email` that the " +
      "provider calls unverified is refused. Take one that people can't change themselves.",
  }),
  oidc_group_claim: text({
    default: "groups",
    expected: "the name of a claim",
    description:
      "Claim with a person's groups: a text or a list of texts. A dot leads into an object, as in " +
      "`realm_access.roles`.",
  }),
  oidc_group_roles: list<GroupRole>({
    expected: "groups as group:role with a role of viewer, editor or admin",
    item: GROUP_ROLE,
    readItem: readGroupRole,
    description:
      "Roles of groups: `group:role`, separated by commas, or a YAML list of `{ group, role }`, for names with " +
      "spaces or commas. The highest role counts, that of `users` among them.",
  }),
  oidc_role: choice(["none", ...ROLES], {
    default: "none",
    description:
      "Role of people whom neither `users` nor `oidc_group_roles` knows. `none` refuses them; anything else lets " +
      "everybody in who has an account at the provider.",
  }),
};
