/**
 * What a page knows of whoever looks at it, handed down by Preact's context: any component can ask without every page
 * passing it on.
 *
 * @example
 * const { can } = useCurrentUser();
 * return can("editor") ? <PauseForm /> : null;
 */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Role } from "../../domain/role.ts";
import type { Flash } from "./flash.ts";

export interface CurrentUser {
  /** `null` where nobody logs in. */
  readonly name: string | null;
  /** What they may do, in a word. */
  readonly role: Role;
  readonly can: (role: Role) => boolean;
  /** Whether there is a session to end. */
  readonly canLogOut: boolean;
  /** Whether the page is for somebody who has not logged in yet. */
  readonly unknown: boolean;
  /** Came by a share link: what is shown leads to nothing else. */
  readonly isGuest: boolean;
  /** `auth: open`: anybody who reaches the address may do everything. */
  readonly openToAll: boolean;
  /** For every form; asking for it sets its cookie. */
  readonly csrfToken: () => string;
  /** What the last action left to say, once. */
  readonly takeFlash: () => Flash | undefined;
}

/** For pages that are made without a request, as in a test of the page alone. */
const NOBODY: CurrentUser = {
  name: null,
  role: "admin",
  can: () => true,
  canLogOut: false,
  unknown: false,
  isGuest: false,
  openToAll: false,
  csrfToken: () => "",
  takeFlash: () => undefined,
};

/** Whoever opens a share link, whatever else they may do. A page for them has no form, so their cookies stay as they are. */
export const GUEST: CurrentUser = {
  ...NOBODY,
  role: "viewer",
  can: () => false,
  unknown: true,
  isGuest: true,
};

declare module "fastify" {
  interface FastifyReply {
    /** Asked when a page is written; `null` where a request was refused before anything was known of it. */
    currentUser: (() => CurrentUser) | null;
  }
}

export const CurrentUserContext = createContext<CurrentUser>(NOBODY);

export function useCurrentUser(): CurrentUser {
  return useContext(CurrentUserContext);
}
