/** The YAML file of the configuration: where it is looked for, and what it says. */
import { readYamlStrictly } from "./strict-yaml.ts";

/** Asked in this order when neither `--config` nor SIXPACK_CONFIG names a file. */
export const DEFAULT_FILES = ["./sixpack.yml", "/etc/sixpack/config.yml"] as const;

/** Text of a file; `undefined` when there is none. @throws whatever else keeps it from being read */
export type ReadFile = (path: string) => string | undefined;

export interface ConfigFile {
  readonly path: string;
  readonly values: ReadonlyMap<string, unknown>;
}

type FileOutcome =
  | { readonly kind: "none" }
  | { readonly kind: "read"; readonly file: ConfigFile }
  | { readonly kind: "unusable"; readonly problem: string };

/** @param named Path that the caller gave, and how; a file that was asked for by name must exist. */
export function readConfigFile(
  named: { readonly path: string; readonly by: string } | undefined,
  readFile: ReadFile,
): FileOutcome {
  if (named !== undefined) {
    const text = attempt(named.path, readFile);
    if (text.kind === "failed") return { kind: "unusable", problem: `${named.path} (${named.by}): ${text.why}` };
    return text.kind === "missing"
      ? { kind: "unusable", problem: `${named.path} (${named.by}): expected a YAML file, got no such file` }
      : parse(named.path, text.text);
  }
  for (const path of DEFAULT_FILES) {
    const text = attempt(path, readFile);
    if (text.kind === "failed") return { kind: "unusable", problem: `${path}: ${text.why}` };
    if (text.kind === "read") return parse(path, text.text);
  }
  return { kind: "none" };
}

type Attempt =
  | { readonly kind: "read"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly why: string };

function attempt(path: string, readFile: ReadFile): Attempt {
  try {
    const text = readFile(path);
    return text === undefined ? { kind: "missing" } : { kind: "read", text };
  } catch (error) {
    return { kind: "failed", why: `can't be read: ${messageOf(error)}` };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}

function parse(path: string, text: string): FileOutcome {
  let content: unknown;
  try {
    content = readYamlStrictly(text);
  } catch (error) {
    return { kind: "unusable", problem: `${path}: expected YAML, got: ${messageOf(error)}` };
  }
  if (content === null || content === undefined) return { kind: "read", file: { path, values: new Map() } };
  if (typeof content !== "object" || Array.isArray(content)) {
    return {
      kind: "unusable",
      problem: `${path}: expected lines such as \`port: 5000\`, got ${Array.isArray(content) ? "a list" : `a ${typeof content}`}`,
    };
  }
  return { kind: "read", file: { path, values: new Map(Object.entries(content)) } };
}
