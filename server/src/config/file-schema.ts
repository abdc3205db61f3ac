/** JSON Schema of the configuration file, for editors that complete and check it. */
import { ACCEPTED_FROM_2_7, CONFIG_KEYS, KEYS } from "./schema.ts";

/** Every key with its description and default. Where a value may also be written as text, as in files of 2.7, it may here. */
export function fileSchema(): object {
  const properties: Record<string, object> = {};
  for (const name of CONFIG_KEYS) {
    const { schema, description, default: value, secret } = KEYS[name];
    const isChoice = "enum" in schema;
    properties[name] = {
      description,
      ...(value === undefined ? {} : { default: value }),
      anyOf: [withTextItems(schema), ...(isChoice ? [] : [{ type: "string" }]), { type: "null" }],
    };
    if (secret) {
      properties[`${name}_file`] = { description: `A file that holds \`${name}\`.`, type: ["string", "null"] };
    }
  }
  for (const [name, why] of Object.entries(ACCEPTED_FROM_2_7))
    properties[name] = { description: why, deprecated: true };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of Sixpack",
    description: "Made by `sixpack config --schema`. Rules between keys are checked by `sixpack doctor`.",
    type: "object",
    additionalProperties: false,
    properties,
  };
}

/** An item of a list may be one line of text: `ann:admin:scrypt…`. */
function withTextItems(schema: object): object {
  return "items" in schema && typeof schema.items === "object" && schema.items !== null
    ? { ...schema, items: { anyOf: [schema.items, { type: "string" }] } }
    : schema;
}
