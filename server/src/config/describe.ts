/** The configuration in words: the effective one as commented YAML, and the Markdown reference of all keys. */
import { stringify } from "yaml";
import { DEFAULT_FILES } from "./file.ts";
import { type Loaded, MASK, sourceText } from "./load.ts";
import { ACCEPTED_FROM_2_7, CONFIG_KEYS, type ConfigKey, envNames, KEYS, SECTIONS } from "./schema.ts";

/** The effective configuration as a YAML file that could be used again, with the source of each line; secrets masked. */
export function effectiveYaml({ config, sources, file }: Loaded): string {
  const lines = [`# File: ${file ?? "none"}`];
  for (const { title, keys } of SECTIONS) {
    lines.push("", `# ${title}`);
    for (const key of CONFIG_KEYS.filter((name) => Object.hasOwn(keys, name))) {
      const source = sourceText(sources[key]);
      const value = config[key];
      // What has no value, or one that is not shown, stands as a comment: written out it would be another value.
      if (value === undefined) lines.push(`# ${key}: # ${source}`);
      else if (KEYS[key].secret && isSet(value)) lines.push(`# ${key}: ${MASK} # ${source}`);
      else lines.push(`${yamlLine(key, value)} # ${source}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function isSet(value: unknown): boolean {
  return !Array.isArray(value) || value.length > 0;
}

function yamlLine(key: ConfigKey, value: unknown): string {
  const flow = Array.isArray(value);
  return stringify({ [key]: value }, { lineWidth: 0, ...(flow ? { collectionStyle: "flow" as const } : {}) })
    .trim()
    .replace(/^\{ (.*) \}$/s, "$1");
}

const INTRODUCTION = `# Configuration

<!-- Made by \`sixpack config --docs\`; a test compares it with the code. Change server/src/config/schema.ts instead. -->

Sixpack needs no configuration: \`npm start\` or \`sixpack start\` serves on ports 5000 and 5001 and keeps experiments in \`./data\`.

Every key below can be given in four places. The first one that has it counts:

1. **Command line**: \`--set key=value\`, and short forms such as \`--port\` (\`sixpack start --help\`).
2. **Environment**: \`SIXPACK_CONFIG_<KEY>\`, then the further names listed with the key, in that order. An empty variable counts as not set. \`SIXPACK_PORT=tcp://…\`, which Kubernetes sets for a service named \`sixpack\`, is passed over.
3. **YAML file**: the one named by \`--config\` or \`SIXPACK_CONFIG\`, else ${DEFAULT_FILES.map((path) => `\`${path}\``).join(", else ")}. Only one file is read. \`key:\` with nothing behind it counts as not given.
4. **Default**.

\`sixpack config\` prints the configuration in force with the source of each value, secrets masked. Editors complete and check the file with [configuration.schema.json](configuration.schema.json) (\`sixpack config --schema\`), named in its first line: \`# yaml-language-server: $schema=configuration.schema.json\`. Files and variables of Sixpack 2.7 work as they are.

Unknown keys, unknown \`SIXPACK_CONFIG_…\` variables and bad values keep the server from starting (exit code 2), with one message that lists all of them.

**Secrets** can be read from a file, as container platforms mount them: \`key_file: path\` in YAML, or the variable's name with \`_FILE\` behind it. One line break at the end is not part of the secret. Giving a secret and its file at the same level is refused.
`;

/** All keys, as docs/configuration.md holds them. */
export function referenceMarkdown(): string {
  const parts = [INTRODUCTION];
  for (const { title, keys } of SECTIONS) {
    parts.push(`## ${title}\n`);
    for (const key of CONFIG_KEYS.filter((name) => Object.hasOwn(keys, name))) parts.push(keyMarkdown(key));
  }
  parts.push("## Accepted from Sixpack 2.7\n", "Files of the original may have these keys. They have no effect.\n");
  parts.push(...Object.entries(ACCEPTED_FROM_2_7).map(([key, why]) => `- \`${key}\`: ${why}.`));
  return `${parts.join("\n").trimEnd()}\n`;
}

function keyMarkdown(key: ConfigKey): string {
  const { description, expected, secret } = KEYS[key];
  const names = envNames(key).map((name) => `\`${name}\``);
  const facts = [
    `Expects ${expected}.`,
    `Default: ${defaultText(key)}.`,
    `Environment: ${names.join(", ")}.`,
    ...(secret ? [`A secret: also \`${key}_file\`, \`${envNames(key)[0]}_FILE\`.`] : []),
  ];
  return `### \`${key}\`\n\n${description}\n\n${facts.join(" ")}\n`;
}

function defaultText(key: ConfigKey): string {
  const { default: value, defaultText: words } = KEYS[key];
  if (words !== undefined) return words;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "none";
  return value === "" ? "empty" : `\`${String(value)}\``;
}
