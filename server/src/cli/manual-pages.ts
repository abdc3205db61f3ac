/** Every command with its arguments and options: as a manual page, and as docs/commands.md. */
import type { CommandOutline, OptionOutline, Outline } from "./outline.ts";

const MANUAL_FORMATS = ["man", "markdown"] as const;
export type ManualFormat = (typeof MANUAL_FORMATS)[number];

export function manual(outline: Outline, format: ManualFormat): string {
  return format === "man" ? roff(outline) : markdown(outline);
}

function markdown({ name, commands }: Outline): string {
  const parts = [
    "# Commands",
    `<!-- Made by \`${name} manual --format markdown\`; a test compares it with the code. -->`,
    `\`${name} COMMAND --help\` says the same. In a checkout type \`node server/bin/sixpack.js\` for \`${name}\`. Exit codes: 0 done · 1 failed, or something is wrong · 2 wrong usage or configuration · 3 nobody answers at the address that is asked, or another process has the folder open. \`verdict\` has [codes of its own](automation.md#the-verdict-in-a-pipeline), and so has [\`apply\`](automation.md#experiments-as-a-file).`,
    `To have your shell complete them: \`source <(${name} completion bash)\`, the same with \`zsh\`, or \`${name} completion fish | source\`. As a manual page: \`${name} manual | man -l -\`.`,
    `Without a command, \`${name}\` serves the API; its options are those of [server](#server).`,
    ...commands.map(markdownOf),
  ];
  return `${parts.join("\n\n")}\n`;
}

function markdownOf(command: CommandOutline): string {
  const rows = [
    ...command.arguments.map(({ name, description }) => [name, description]),
    ...command.options
      .filter(({ names }) => !names.includes("--help"))
      .map(({ flags, description }) => [flags, description]),
  ];
  const table = rows.map(
    ([left = "", right = ""]) => `| \`${left.replaceAll("|", "\\|")}\` | ${right.replaceAll("|", "\\|")} |`,
  );
  const head = `## ${command.name}\n\n\`${command.usage}\`\n\n${sentence(command.description)}`;
  return table.length === 0 ? head : `${head}\n\n| | |\n|---|---|\n${table.join("\n")}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function roff({ name, version, description, options, commands }: Outline): string {
  const lines = [
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    ".SH NAME",
    `${name} \\- ${escaped(description)}`,
    ".SH SYNOPSIS",
    `.B ${name}`,
    "[COMMAND] [OPTIONS]",
    ".SH OPTIONS",
    ...options.flatMap(roffOption),
    ".SH COMMANDS",
    ...commands.flatMap((command) => [
      `.SS ${escaped(command.usage)}`,
      escaped(sentence(command.description)),
      ...command.arguments.flatMap((argument) => roffItem(argument.name, argument.description)),
      ...command.options.flatMap(roffOption),
    ]),
    ".SH EXIT STATUS",
    "0 done, 1 failed or something is wrong, 2 wrong usage or configuration, 3 nobody answers at the address that is asked, or another process has the folder open; those of apply and verdict stand in automation.md.",
  ];
  return `${lines.join("\n")}\n`;
}

function roffOption({ flags, description }: OptionOutline): readonly string[] {
  return roffItem(flags, description);
}

function roffItem(term: string, description: string): readonly string[] {
  return [".TP", `.B ${escaped(term)}`, escaped(description)];
}

/** A dot or an apostrophe at the start of a line would be a request. */
function escaped(text: string): string {
  const plain = text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}
