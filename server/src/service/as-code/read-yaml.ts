/**
 * Reads YAML of thousands of lines. js-yaml takes a fifth of the time of `yaml`, which says better what is wrong and where:
 * whatever the quick one refuses, the other one reads again. What the two would read differently is left to `yaml`.
 * docs/decisions/0039-yaml-is-read-quickly-and-explained-slowly.md
 */
import { CORE_SCHEMA, load, mapTag } from "js-yaml";
import { isNode, LineCounter, parseDocument, YAMLError } from "yaml";
import { readYamlStrictly } from "../../config/strict-yaml.ts";

/** @throws Error what was expected; mostly by `yaml`, with line, column and the line itself */
export function readYaml(text: string): unknown {
  return quickly(text) ?? explained(text);
}

function explained(text: string): unknown {
  try {
    return readYamlStrictly(text);
  } catch (error) {
    if (!(error instanceof YAMLError && error.code === "MULTIPLE_DOCS")) throw error;
    throw new Error(`Expected one document, got another one at line ${error.linePos?.[0].line}`);
  }
}

/** The line on which the value under these keys begins, from 1. */
export function lineOf(text: string, keys: readonly string[]): number {
  const lines = new LineCounter();
  const node = parseDocument(text, { lineCounter: lines }).getIn(keys, true);
  return lines.linePos(isNode(node) ? (node.range?.[0] ?? 0) : 0).line;
}

/** @returns `undefined` for what is left to `yaml` */
export function quickly(text: string): unknown {
  if (DIRECTIVE.test(text)) return undefined;
  try {
    // Aliases, because `yaml` limits what they come to when each is written out.
    return load(text, { schema: SCHEMA, maxAliases: 0 });
  } catch {
    return undefined;
  }
}

/** `%YAML 1.1` may stand there, of which js-yaml takes no notice. */
const DIRECTIVE = /^%/m;

/** An empty key would be called "null", and an experiment after it. */
const SCHEMA = CORE_SCHEMA.withTags({
  ...mapTag,
  addPair: (pairs: Record<string, unknown>, key, value) =>
    key === null ? "expected a key" : mapTag.addPair(pairs, key, value),
});
