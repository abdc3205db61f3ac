/** A part of `links`, in a process of its own. */
import { killedLinks } from "./killed-links.ts";
import { logins } from "./logins.ts";
import type { Target } from "./target.ts";

export const LINK_PARTS: Readonly<Record<string, () => Promise<Target[]>>> = {
  "equal shares": () => logins([0.5, 0.5]),
  "shares of nine to one": () => logins([0.9, 0.1]),
  embedded: () => killedLinks("embedded"),
  redis: () => killedLinks("redis"),
};

const part = LINK_PARTS[process.argv[2] ?? ""];
if (process.send !== undefined && part !== undefined) {
  // Whoever asked is gone.
  process.once("disconnect", () => process.exit(1));
  process.send(await part(), () => process.exit(0));
}
