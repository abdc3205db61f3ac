/** An OpenAPI description as Markdown: a section for each operation, and one for each schema it names. */

/** @param file where the description itself can be had */
export function pageOf({ info, paths, components }, file) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationOf(method.toUpperCase(), path, operation)),
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `### ${name}\n\n${prose(schema.description)}${shapeOf(schema)}`,
  );
  return [
    `# ${info.title}: OpenAPI`,
    prose(info.description),
    `The server describes itself at \`/openapi.json\`; this page shows that description, of version ${info.version}, ` +
      `which is also here as <a href="./${file}" target="_blank">a file</a>.`,
    "## Operations",
    ...operations,
    "## Schemas",
    ...schemas,
  ].join("\n\n");
}

function operationOf(method, path, operation) {
  const { summary = "", description, parameters = [], requestBody, responses, "x-role": role } = operation;
  const body = requestBody === undefined ? "" : bodyOf(requestBody.content);
  return [
    `### \`${method} ${path}\``,
    summary === "" ? "" : `${prose(summary)}.`,
    prose(description),
    role === undefined ? "" : `From the role \`${role}\` on.`,
    parameters.length === 0 ? "" : table(["Argument", "In", "Type", "Meaning"], parameters.map(rowOfParameter)),
    body,
    table(["Answer", "Meaning", "Content"], answersOf(responses)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function rowOfParameter({ name, in: place, required, schema, description }) {
  return [`\`${name}\`${required ? " (required)" : ""}`, place, typeOf(schema), prose(description)];
}

function bodyOf(content) {
  return Object.entries(content)
    .map(([type, { schema }]) => `Body, \`${type}\`:\n\n${shapeOf(schema ?? {})}`)
    .join("\n\n");
}

/** Statuses that are answered alike share a row. */
function answersOf(responses) {
  const rows = new Map();
  for (const [status, { description, content = {} }] of Object.entries(responses)) {
    const contents = Object.entries(content).map(([type, { schema }]) =>
      schema === undefined ? `\`${type}\`` : `\`${type}\`: ${typeOf(schema)}`,
    );
    const cells = [prose(description), contents.join(", ")];
    const key = cells.join("|");
    rows.set(key, [[rows.get(key)?.[0], status].filter(Boolean).join(", "), ...cells]);
  }
  return [...rows.values()];
}

function shapeOf(schema) {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return typeOf(schema);
  const rows = properties.map(([name, property]) => [
    `\`${name}\`${schema.required?.includes(name) ? "" : " (may be left out)"}`,
    typeOf(property),
    prose(property.description),
  ]);
  return table(["Field", "Type", "Meaning"], rows);
}

/** One line, with a link where another schema is named. */
function typeOf(schema = {}) {
  const { $ref, type, anyOf, oneOf, enum: values, items, properties, additionalProperties } = schema;
  if ($ref !== undefined) return reference($ref);
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (values !== undefined) return values.map((value) => code(JSON.stringify(value))).join(", ");
  const either = anyOf ?? oneOf;
  if (either !== undefined) return either.map(typeOf).join(" or ");
  if (type === "array") return `list of ${typeOf(items)}`;
  if (properties !== undefined) return `object of ${Object.keys(properties).map(code).join(", ")}`;
  if (typeof additionalProperties === "object") return `object, each value ${typeOf(additionalProperties)}`;
  return type === undefined ? "anything" : [type].flat().map(code).join(" or ");
}

function reference($ref) {
  const name = $ref.split("/").at(-1);
  return `[${name}](#${name.toLowerCase()})`;
}

function code(text) {
  return `\`${text}\``;
}

/** Links in descriptions are those of docs/http-api.md, and what looks like a tag is none. */
function prose(text = "") {
  return text
    .replaceAll("](#", "](/docs/http-api#")
    .replaceAll(/<(?=[a-z])(?![^`]*`(?:[^`]*`[^`]*`)*[^`]*$)/gi, "&lt;");
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
