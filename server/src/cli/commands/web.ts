/** `sixpack web`: the dashboard alone. */
import { WEB_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";
import { defineServing } from "./serving.ts";

export const web: CommandDefinition = {
  name: "web",
  description: "the dashboard alone; the same as sixpack-web",
  examples: [],
  define: (command, terms) => defineServing(command, terms, WEB_FLAGS, { api: false, web: true }),
};
