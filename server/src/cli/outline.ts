/** What the command line offers, as data: completion, manual page and docs/commands.md are written from it. */
import type { Argument, Command, Option } from "commander";

export interface Outline {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** Those of the program without a command. */
  readonly options: readonly OptionOutline[];
  readonly commands: readonly CommandOutline[];
}

export interface CommandOutline {
  readonly name: string;
  readonly description: string;
  readonly usage: string;
  readonly arguments: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionOutline[];
}

export interface OptionOutline {
  /** As the help has it: `-p, --port <value>`. */
  readonly flags: string;
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export function outlineOf(program: Command): Outline {
  return {
    name: program.name(),
    description: program.description(),
    version: program.version() ?? "",
    options: program.createHelp().visibleOptions(program).map(optionOutline),
    commands: program.commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      usage: `${program.name()} ${command.name()} ${command.usage()}`,
      arguments: command.registeredArguments.map((argument: Argument) => ({
        name: argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
        description: withNotes(argument.description, argument.argChoices, undefined),
      })),
      options: command.createHelp().visibleOptions(command).map(optionOutline),
    })),
  };
}

function optionOutline(option: Option): OptionOutline {
  const { flags, short, long, description, defaultValue, defaultValueDescription, argChoices } = option;
  const isShown = defaultValue !== undefined && typeof defaultValue !== "object" && defaultValue !== false;
  return {
    flags,
    names: [short, long].filter((name) => name !== undefined && name !== null),
    description: withNotes(
      description,
      argChoices,
      isShown ? (defaultValueDescription ?? String(defaultValue)) : undefined,
    ),
    takesValue: option.required || option.optional,
    choices: argChoices ?? [],
  };
}

/** What the help puts behind a description: the values to choose from, and the default. */
function withNotes(description: string, choices: readonly string[] | undefined, byDefault: string | undefined): string {
  const notes = [
    ...(choices === undefined ? [] : [choices.join(", ")]),
    ...(byDefault === undefined ? [] : [`default: ${byDefault}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}
