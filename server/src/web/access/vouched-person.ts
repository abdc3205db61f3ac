/** Who somebody is here, by what a provider says of them. */
import { ROLES, type Role } from "../../domain/role.ts";
import { member } from "../../lib/member.ts";
import type { OidcMode } from "../http/identity.ts";
import { mayBeCalled } from "./proxy.ts";

/** Of an ID token, and of the provider's answer about a person. */
export type Claims = Readonly<Record<string, unknown>>;

export type Person =
  | { readonly kind: "person"; readonly name: string; readonly role: Role }
  /** `detail` is for whoever reads the log. */
  | { readonly kind: "nameless"; readonly detail: string }
  | { readonly kind: "without-role"; readonly name: string };

/** @param taken names of tokens, which are nobody's */
export function personIn(claims: Claims, mode: OidcMode, taken: ReadonlySet<string>): Person {
  const { nameClaim, groupClaim, roles, groups, otherRole } = mode;
  const name = claimOf(claims, nameClaim);
  if (typeof name !== "string") return nameless(`a text in the claim \`${nameClaim}\``, typeof name);
  if (!mayBeCalled(name, taken)) return nameless("a name that the activity log has for nobody else", name);
  if (nameClaim === "email" && isUnverified(claims["email_verified"])) return nameless("a verified address", name);
  const given = [roles.get(name), ...groupsIn(claims, groupClaim).map((group) => groups.get(group))];
  const role = ROLES.findLast((candidate) => given.includes(candidate)) ?? otherRole;
  return role === undefined ? { kind: "without-role", name } : { kind: "person", name, role };
}

/** Whether the claims say all that a decision may need; else the provider is asked about the person. */
export function isComplete(claims: Claims, { nameClaim, groupClaim, groups }: OidcMode): boolean {
  return claimOf(claims, nameClaim) !== undefined && (groups.size === 0 || claimOf(claims, groupClaim) !== undefined);
}

/** Some providers write it as a text, or leave it out. */
function isUnverified(claim: unknown): boolean {
  return claim !== undefined && claim !== true && !/^true$/i.test(String(claim));
}

function nameless(expected: string, got: string): Person {
  return { kind: "nameless", detail: `Expected ${expected}, got ${got}` };
}

function groupsIn(claims: Claims, claim: string): readonly string[] {
  const value = claimOf(claims, claim);
  return (Array.isArray(value) ? value : [value]).filter((group) => typeof group === "string");
}

/** A claim by its name, which may hold dots itself, or by a path into objects. */
function claimOf(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path.split(".").reduce<unknown>(member, claims);
}
