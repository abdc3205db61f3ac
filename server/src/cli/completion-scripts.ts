/** Scripts by which shells complete commands, options and the values of options that have a fixed few. */
import type { CommandOutline, OptionOutline, Outline } from "./outline.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(outline: Outline, shell: Shell): string {
  switch (shell) {
    case "bash":
      return bash(outline);
    case "zsh":
      return `#compdef ${outline.name}\nautoload -Uz bashcompinit && bashcompinit\n${bash(outline)}`;
    case "fish":
      return fish(outline);
  }
}

/** Zsh runs it too, by its own emulation, so that there is one script to be right. */
function bash(outline: Outline): string {
  const { name, options, commands } = outline;
  const fn = `_${name.replaceAll("-", "_")}`;
  const words = (some: readonly OptionOutline[]): string => some.flatMap(({ names }) => names).join(" ");
  const values = [{ name: "", options }, ...commands].flatMap((command) =>
    command.options.filter(({ takesValue }) => takesValue).map((option) => bashValue(command.name, option)),
  );
  return `# Completion for ${name} ${outline.version}, made by \`${name} completion\`
${fn}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${commands.map((command) => command.name).join("|")}) command="$word"; break ;;
    esac
  done
  COMPREPLY=()
  case "$command $previous" in
${values.join("\n")}
  esac
  local words
  case "$command" in
    "") words="${commands.map((command) => command.name).join(" ")} ${words(options)}" ;;
${commands.map((command) => `    ${command.name}) words="${wordsOf(command, outline)} ${words(command.options)}" ;;`).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F ${fn} ${name}
`;
}

/** What may follow a command: the names of commands after \`help\`, the shells after \`completion\`. */
function wordsOf({ name }: CommandOutline, { commands }: Outline): string {
  if (name === "help") return commands.map((command) => command.name).join(" ");
  return name === "completion" ? SHELLS.join(" ") : "";
}

/** After an option that takes a value, its choices; where there are none the shell completes files. */
function bashValue(command: string, { names, choices }: OptionOutline): string {
  const pattern = names.map((name) => `"${command} ${name}"`).join("|");
  const reply = choices.length === 0 ? "" : `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current")); `;
  return `    ${pattern}) ${reply}return ;;`;
}

function fish({ name, version, options, commands }: Outline): string {
  const lines = [`# Completion for ${name} ${version}, made by \`${name} completion\``];
  for (const command of commands) {
    lines.push(
      `complete -c ${name} -n __fish_use_subcommand -f -a ${command.name} -d ${fishText(command.description)}`,
    );
  }
  lines.push(...options.map((option) => fishOption(name, "__fish_use_subcommand", option)));
  for (const command of commands) {
    const when = `'__fish_seen_subcommand_from ${command.name}'`;
    lines.push(...command.options.map((option) => fishOption(name, when, option)));
    const words = wordsOf(command, { name, version, description: "", options, commands });
    if (words !== "") lines.push(`complete -c ${name} -n ${when} -f -a ${fishText(words)}`);
  }
  return `${lines.join("\n")}\n`;
}

function fishOption(program: string, when: string, { names, description, takesValue, choices }: OptionOutline): string {
  const named = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(" ");
  const value = choices.length > 0 ? ` -x -a ${fishText(choices.join(" "))}` : takesValue ? " -r" : "";
  return `complete -c ${program} -n ${when} ${named}${value} -d ${fishText(description)}`;
}

function fishText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
