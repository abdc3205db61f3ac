/** Commands that do to an experiment what a button of its page does: `sixpack pause NAME`, and so on. */
import type { Role } from "../../domain/role.ts";
import { addDashboardOptions, type DashboardOptions, namedDashboard } from "../dashboard-client.ts";
import { CliError } from "../world.ts";
import type { CommandDefinition } from "./command.ts";

/** A command, and the act that it sends. Named by its path, because the acts themselves would be loaded at each start. */
interface Acting {
  readonly name: string;
  readonly description: string;
  readonly path: string;
  readonly role: Role;
  readonly body: Readonly<Record<string, unknown>>;
  /** What was measured goes, so it takes `--yes`. */
  readonly destructive?: true;
}

interface ActOptions extends DashboardOptions {
  readonly yes?: boolean;
  readonly reason?: string;
}

export const PLAIN_ACTS: readonly Acting[] = [
  {
    name: "pause",
    description: "answers everybody with the control, until `resume`",
    role: "editor",
    path: "pause",
    body: { paused: true },
  },
  {
    name: "resume",
    description: "lets a paused experiment go on",
    role: "editor",
    path: "pause",
    body: { paused: false },
  },
  {
    name: "archive",
    description: "puts an experiment away; its report stays",
    role: "editor",
    path: "archive",
    body: { archived: true },
  },
  {
    name: "unarchive",
    description: "takes an experiment back from the archive",
    role: "editor",
    path: "archive",
    body: { archived: false },
  },
  {
    name: "reset",
    description: "forgets what an experiment measured, and goes on; see `restore`",
    role: "admin",
    body: {},
    path: "reset/",
    destructive: true,
  },
  {
    name: "delete",
    description: "takes an experiment away; see `restore`",
    role: "admin",
    body: {},
    path: "delete/",
    destructive: true,
  },
  {
    name: "restore",
    description: "brings back what was reset or deleted in the last 7 days",
    role: "admin",
    body: {},
    path: "restore/",
  },
];

const winner: CommandDefinition = {
  name: "winner",
  description: "gives everybody one alternative; without one, goes back to testing",
  examples: [["sixpack winner button blue --reason 'more orders'", "kept with what the data say at that moment"]],
  define: (command, { world }) => {
    command
      .argument("<name>", "name of the experiment")
      .argument("[alternative]", "which everybody gets; left out, the experiment goes back to testing")
      .option("--reason <text>", "why, kept with what the data say now");
    addDashboardOptions(command, "editor").action(
      async (name: string, alternative: string | undefined, { reason, json }: ActOptions) => {
        if (alternative === undefined && reason !== undefined) {
          throw new CliError("Expected an alternative with --reason, got none", 2);
        }
        const act =
          alternative === undefined
            ? { name, path: "winner/reset/", body: {} }
            : {
                name,
                path: "winner/",
                body: { alternative_name: alternative, ...(reason === undefined ? {} : { reason }) },
              };
        const { tellAct } = await import("../remote.ts");
        await tellAct(world, await namedDashboard(world, command), act, json);
      },
    );
  },
};

/** In the order of the help. */
export const ACTING: readonly CommandDefinition[] = [winner, ...PLAIN_ACTS.map(plain)];

function plain({ name: word, description, path, role, body, destructive }: Acting): CommandDefinition {
  const yes = destructive === true ? " --yes" : "";
  return {
    name: word,
    description,
    examples: [[`sixpack ${word} button${yes}`]],
    define: (command, { world }) => {
      command.argument("<name>", "name of the experiment");
      if (destructive)
        command.option("--yes", "has to be given, because what was measured goes; for 7 days it can be restored");
      addDashboardOptions(command, role).action(async (name: string, options: ActOptions) => {
        if (destructive && options.yes !== true) {
          throw new CliError(`Expected --yes: ${word} takes away what ${JSON.stringify(name)} has measured`, 2);
        }
        const { tellAct } = await import("../remote.ts");
        await tellAct(world, await namedDashboard(world, command), { name, path, body }, options.json);
      });
    },
  };
}
