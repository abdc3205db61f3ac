/** A file of experiments: its schema, what it has to be, and how experiments are written as one. */
import { type Static, type TSchema, Type } from "typebox";
import { stringify } from "yaml";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Policy } from "../../domain/policy/policies.ts";
import { UNIFORM } from "../../domain/policy/uniform.ts";
import { shownJson } from "../../lib/shown-json.ts";
import { checker } from "../../store/checker.ts";
import { firstFault } from "../../store/schema-fault.ts";
import type { Store } from "../../store/store.ts";
import { findExperiment } from "../find-experiment.ts";
import { PARTS } from "./parts.ts";
import { lineOf, readYaml } from "./read-yaml.ts";

const ENTRY = Type.Object(
  Object.fromEntries(Object.entries(PARTS).map(([key, { schema }]) => [key, Type.Optional(schema)])) as Record<
    string,
    TSchema
  >,
  { additionalProperties: false, examples: [{ alternatives: ["red", "blue"] }] },
);

const FILE = Type.Object(
  {
    managed_by: Type.Optional(
      Type.Enum(["repo", "people"], { description: "For every experiment that says nothing else" }),
    ),
    experiments: Type.Record(Type.String({ minLength: 1 }), ENTRY),
  },
  { additionalProperties: false },
);

const isFile = checker(FILE);

/** One experiment: what is left out stays as it is. */
export type FileEntry = Readonly<Record<string, unknown>>;

export interface ExperimentsFile {
  readonly experiments: Readonly<Record<string, FileEntry>>;
}

/** JSON Schema of the file, for editors: published at `/schemas/experiments.json`, and in the package. */
export const EXPERIMENTS_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Experiments of Sixpack",
  description: "Read by `sixpack apply`, written by `sixpack export --format yaml`. What is left out stays as it is.",
  ...FILE,
};

/** @throws SixpackError invalid-file: with the place, what was expected, and a key that may have been meant */
export function parseExperimentsFile(text: string): ExperimentsFile {
  let value: unknown;
  try {
    value = readYaml(text);
  } catch (cause) {
    throw new SixpackError("invalid-file", cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return checkExperimentsFile(value, (steps) => ` at line ${lineOf(text, steps)}`);
}

/**
 * @param at where in a text the value under these keys begins, as the end of a sentence
 * @throws SixpackError invalid-file
 */
export function checkExperimentsFile(
  value: unknown,
  at: (steps: readonly string[]) => string = () => "",
): ExperimentsFile {
  if (!isFile(value)) throw new SixpackError("invalid-file", faultOf(value, at));
  const { managed_by, experiments }: Static<typeof FILE> = value;
  for (const [name, entry] of Object.entries(experiments)) {
    const fault = sharingFault(entry);
    if (fault !== undefined) {
      const steps = ["experiments", name, "weights"];
      throw new SixpackError("invalid-file", `Expected experiments: ${name} ${fault}${at(steps)}`);
    }
  }
  const shared = managed_by === undefined ? {} : { managed_by };
  return {
    experiments: Object.fromEntries(
      Object.entries(experiments).map(([name, entry]) => [name, { ...shared, ...entry }]),
    ),
  };
}

/**
 * Of weights beside a policy that shares out by itself each would take back the other: every apply would begin two epochs, and
 * a bandit anew.
 */
function sharingFault(entry: FileEntry): string | undefined {
  const { weights, policy } = entry as { readonly weights?: readonly number[]; readonly policy?: Pick<Policy, "kind"> };
  if (weights === undefined || policy === undefined) return undefined;
  const isEven = policy.kind === UNIFORM.kind && weights.every((weight) => weight === weights[0]);
  return isEven ? undefined : `with \`weights\` or with \`policy\`, got both, and ${policy.kind} sets weights itself`;
}

function faultOf(value: unknown, at: (steps: readonly string[]) => string): string {
  const fault = firstFault(FILE, value);
  if (fault === undefined) return "Expected a file of experiments, got something else";
  const { steps, message, stray, value: got } = fault;
  const place = (some: readonly string[]): string => (some.length === 0 ? "the file" : some.join(": "));
  if (stray !== undefined) return `Expected ${place(steps.slice(0, -1))} ${stray}${at(steps)}`;
  return `Expected a file of experiments, but ${place(steps)} ${message}, got ${shownJson(got)}${at(steps)}`;
}

/** Experiments as a file has them. */
export function fileOf(experiments: readonly Experiment[]): ExperimentsFile {
  const entries = experiments.map((experiment): [string, FileEntry] => [
    experiment.name,
    Object.fromEntries(
      Object.entries(PARTS).flatMap(([key, { read }]) => {
        const value = read(experiment);
        return value === undefined ? [] : [[key, value]];
      }),
    ),
  ]);
  return { experiments: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** @param schemaUrl where editors find what the file may hold */
export function yamlOf(experiments: readonly Experiment[], schemaUrl: string): string {
  return `# yaml-language-server: $schema=${schemaUrl}\n${stringify(fileOf(experiments), { lineWidth: 100 })}`;
}

/**
 * The file of the experiments with these names, or of all. Its last line names those that can't be read, as that of an export
 * does. @throws SixpackError experiment-not-found
 */
export async function storedYaml(store: Store, names: readonly string[], schemaUrl: string): Promise<string> {
  if (names.length > 0) {
    return yamlOf(await Promise.all(names.map((name) => findExperiment({ store }, name))), schemaUrl);
  }
  const incomplete = (await store.definitions.listUnreadable()).map(({ name }) => name);
  const last = incomplete.length === 0 ? "" : `# ${JSON.stringify({ incomplete })}\n`;
  return `${yamlOf(await store.definitions.list(), schemaUrl)}${last}`;
}
