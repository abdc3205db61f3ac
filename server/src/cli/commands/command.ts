/** What the file of a command says of it; `program.ts` lists them, and makes the help of their examples. */
import type { Command } from "commander";
import type { ExitCode, World } from "../world.ts";

/** What to type, and what comes of it where that needs saying. */
export type Example = readonly [line: string, comment?: string];

export interface Terms {
  readonly world: World;
  /** Sets the exit code; a command that does not call it ends with 0. */
  readonly finish: (code: ExitCode) => void;
  /** The program with all its commands, for those that tell of the others. */
  readonly whole: () => Promise<Command>;
}

export interface CommandDefinition {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly Example[];
  /** Gives `command` its arguments, options and action. */
  readonly define: (command: Command, terms: Terms) => void;
}
