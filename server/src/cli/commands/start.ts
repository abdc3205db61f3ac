/** `sixpack start`: API and dashboard in one process. */
import { START_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";
import { defineServing } from "./serving.ts";

export const start: CommandDefinition = {
  name: "start",
  description: "API and dashboard in one process",
  examples: [
    ["sixpack start", "API on 5000, dashboard on 5001, experiments in ./data"],
    ["sixpack start --data-dir /var/lib/sixpack --port 8000"],
    ["sixpack start --workers 4 --redis-url redis://10.0.0.7"],
  ],
  define: (command, terms) => defineServing(command, terms, START_FLAGS, { api: true, web: true }),
};
