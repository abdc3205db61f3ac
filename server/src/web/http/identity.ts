/**
 * Who may do what on the dashboard: the three roles, the ways to log in, and the identity of a caller.
 *
 * A path asks for a role; `access/auth.ts` compares it with the one of whoever calls. Viewers read, editors act, admins take
 * away and bring back.
 */
import { ANYONE } from "../../domain/actor.ts";
import { ROLES, type Role } from "../../domain/role.ts";

/** What a path asks for; `public` lets everybody in. */
export type Access = Role | "public";

/** Methods that change nothing. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export interface User {
  readonly name: string;
  readonly role: Role;
  /** As `ops/password.ts` writes it. */
  readonly passwordHash: string;
}

/** A program's key. Only its hash is known here. */
export interface ApiToken {
  readonly name: string;
  readonly role: Role;
  /** As `ops/token.ts` writes it. */
  readonly hash: string;
}

export type AccessMode =
  /**
   * Everybody, but only under loopback names: a foreign page in a browser of this machine must not get in by a host
   * name of its own.
   */
  | { readonly kind: "none" }
  /** Everybody, anywhere; every page says so. */
  | { readonly kind: "open" }
  | { readonly kind: "password"; readonly users: readonly User[] }
  /** The user that a proxy at one of these addresses names in this header. */
  | {
      readonly kind: "proxy";
      readonly header: string;
      /** Addresses and networks in CIDR notation. */
      readonly addresses: readonly string[];
      readonly roles: ReadonlyMap<string, Role>;
      /** Role of names that `roles` does not know; `undefined` refuses them. */
      readonly otherRole: Role | undefined;
    }
  /** People whom an OpenID Connect provider knows. */
  | {
      readonly kind: "oidc";
      readonly issuer: string;
      readonly clientId: string;
      /** `undefined` for a public client. */
      readonly clientSecret: string | undefined;
      readonly clientAuth: "basic" | "post";
      readonly scope: string;
      readonly nameClaim: string;
      readonly groupClaim: string;
      /** By the name of a person, and by that of a group. */
      readonly roles: ReadonlyMap<string, Role>;
      readonly groups: ReadonlyMap<string, Role>;
      /** Role of everybody else; `undefined` refuses them. */
      readonly otherRole: Role | undefined;
      /** Address of the dashboard, without a slash at its end. */
      readonly webUrl: string;
    };

export type OidcMode = Extract<AccessMode, { kind: "oidc" }>;

export interface AccessOptions {
  readonly mode: AccessMode;
  readonly tokens: readonly ApiToken[];
}

export type Identity =
  | { readonly kind: "anyone" }
  | { readonly kind: "user"; readonly name: string; readonly role: Role; readonly sessionId: string }
  | { readonly kind: "proxied"; readonly name: string; readonly role: Role }
  | { readonly kind: "token"; readonly name: string; readonly role: Role };

/** Whoever is nobody here; `detail` says what would have been enough. */
export type Stranger = { readonly kind: "stranger"; readonly detail: string };

export function roleOf(identity: Identity): Role {
  return identity.kind === "anyone" ? "admin" : identity.role;
}

export function actorOf(identity: Identity | null): string {
  return identity === null || identity.kind === "anyone" ? ANYONE : identity.name;
}

export function allows(role: Role, access: Access): boolean {
  return access === "public" || ROLES.indexOf(role) >= ROLES.indexOf(access);
}

/** `editor or admin`. */
export function rolesAllowed(access: Access): string {
  return ROLES.filter((role) => allows(role, access)).join(" or ");
}

declare module "fastify" {
  interface FastifyRequest {
    /** `null` for whoever has not logged in, where that is needed. */
    identity: Identity | null;
  }
  interface FastifyContextConfig {
    /** Left out: `viewer` for reading, `admin` for everything else. */
    access?: Access;
    /** What the button of its form says. Only a path with one shows its form again when it came too late. */
    form?: string;
  }
}
