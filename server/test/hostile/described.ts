/** Requests that the dashboard describes in `/openapi.json`: every path that reads or posts, with bodies of its schema gone wrong. */
import fc from "fast-check";
import { ALL_ACTS } from "../../src/service/administer/acts/undo.ts";
import { POSTINGS, READINGS } from "../../src/web/routes/dashboard-operations.ts";

/** As far as nesting goes in a body of this size; whoever writes or compares it by a function that calls itself falls. */
const DEPTH = 20_000;

const ACTS = ALL_ACTS.map(
  ({ path, body }) => [`/experiments/{name}/${path.replaceAll("<", "{").replaceAll(">", "}")}`, body] as const,
);
const POSTED = Object.entries(POSTINGS).map(([path, { body }]) => [path, body.properties] as const);

/** What a schema says of a value, as JSON. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** A value of a schema. @param text stands wherever it takes any */
function sound(schema: Schema, text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => sound(one, text)));
  switch (schema.type) {
    case "object":
      return fieldsOf(schema.properties ?? {}, (one) => sound(one, text));
    case "array":
      return fc.array(sound(schema.items ?? {}, text), { maxLength: 3 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "integer":
      return fc.oneof(fc.nat(40), fc.constantFrom(-1, 1e15, 20_000));
    case "number":
      return fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(-1, 1e300, 5e-324));
    default:
      return text;
  }
}

function fieldsOf(
  properties: Readonly<Record<string, Schema>>,
  arbitraryOf: (schema: Schema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<object> {
  const fields = Object.entries(properties).map(([name, schema]) => [name, arbitraryOf(schema)]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
}

const deep = fc.constantFrom("[", '{"a":').map((opening) => {
  const closing = opening === "[" ? "]" : "}";
  return `${opening.repeat(DEPTH)}1${closing.repeat(DEPTH)}`;
});

/** Paths with their bodies as JSON. @param text hostile values, in paths, too */
export function described(text: fc.Arbitrary<string>): fc.Arbitrary<{ readonly path: string; readonly body: string }> {
  const filled = (path: string) =>
    fc
      .tuple(fc.constantFrom("a", "b", "c", "gone"), fc.oneof(fc.constantFrom("x", "y", "0"), text))
      .map(([name, other]) => path.replace("{name}", name).replaceAll(/\{\w+\}/g, encodeURIComponent(other)));
  const posted = fc.constantFrom(...ACTS, ...POSTED).chain(([path, properties]) => {
    const right = (schema: Schema) => sound(schema, text);
    const wrong = (schema: Schema) =>
      fc.oneof({ weight: 4, arbitrary: right(schema) }, { weight: 1, arbitrary: fc.jsonValue() });
    const body = fieldsOf(properties, wrong).map((fields) => JSON.stringify(fields));
    // One field of all goes deep.
    const names = ["x", ...Object.keys(properties)];
    const nested = fc.tuple(fc.constantFrom(...names), deep).map(([name, json]) => `{${JSON.stringify(name)}:${json}}`);
    const bodies = fc.oneof(
      { weight: 8, arbitrary: body },
      { weight: 1, arbitrary: nested },
      { weight: 1, arbitrary: deep },
    );
    return fc.record({ path: filled(path), body: bodies });
  });
  const read = fc
    .constantFrom(...Object.keys(READINGS))
    .chain((path) => fc.record({ path: filled(path), body: fc.constant("") }));
  return fc.oneof({ weight: 3, arbitrary: posted }, { weight: 1, arbitrary: read });
}
