/**
 * Who may do what, from least to most: each may do what those before it may. Viewers read, editors act, admins take
 * away and bring back.
 */
export const ROLES = ["viewer", "editor", "admin"] as const;
export type Role = (typeof ROLES)[number];
