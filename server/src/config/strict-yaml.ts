/**
 * YAML read by the library that says best what is wrong, and where. A tag that it doesn't know is an error too: it would only
 * warn, and read what stands behind the tag without it.
 */
import { parseDocument } from "yaml";

/** @throws YAMLError of the library, whose message carries line, column and the line itself */
export function readYamlStrictly(text: string): unknown {
  const document = parseDocument(text);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw problem;
  return document.toJS();
}
