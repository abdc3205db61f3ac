/**
 * Flags › environment › YAML file › defaults: one frozen, typed configuration, or all that is wrong with it at once.
 *
 * A pure function of what it is given, so that a test needs neither files nor a process:
 *
 *     loadConfig({ flags: new Map([["port", "8000"]]), configPath: undefined, env: {}, readFile: () => undefined });
 */
import { didYouMean } from "../lib/suggest.ts";
import { isEmpty } from "../lib/text.ts";
import { type ConfigFile, type ReadFile, readConfigFile } from "./file.ts";
import {
  crossProblems,
  impliedAuth,
  impliedDeclaredOnly,
  impliedRequests,
  impliedStorage,
  impliedTraffic,
} from "./rules.ts";
import { ACCEPTED_FROM_2_7, CONFIG_KEYS, type Config, type ConfigKey, envNames, isConfigKey, KEYS } from "./schema.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadInput {
  /** Values from the command line by key, as written. */
  readonly flags: ReadonlyMap<string, string>;
  /** The file that `--config` names. */
  readonly configPath: string | undefined;
  readonly env: Environment;
  readonly readFile: ReadFile;
  /** Whether the dashboard is to be served: more is asked of it then. @default false */
  readonly dashboard?: boolean;
}

/** Where a value came from. */
export type Source =
  | { readonly kind: "flag" }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string; readonly name: string }
  | { readonly kind: "implied"; readonly because: string }
  /** The default, because only a placeholder is given. */
  | { readonly kind: "placeholder"; readonly given: Source }
  | { readonly kind: "default" };

export interface Loaded {
  readonly kind: "loaded";
  readonly config: Config;
  readonly sources: Readonly<Record<ConfigKey, Source>>;
  /** The YAML file that was read. */
  readonly file: string | undefined;
}

export type LoadOutcome =
  | Loaded
  /** One line per problem: the key, what was expected, what came and from where. Never empty. */
  | { readonly kind: "refused"; readonly problems: readonly string[] };

/** What a secret is shown as. */
export const MASK = "********";

const GOT_LENGTH_MAX = 60;

interface Given {
  readonly raw: unknown;
  readonly source: Source;
}

export function loadConfig(input: LoadInput): LoadOutcome {
  const problems: string[] = [];
  const placeholders: string[] = [];
  const named = namedFile(input);
  const outcome = readConfigFile(named, input.readFile);
  if (outcome.kind === "unusable") problems.push(outcome.problem);
  const file = outcome.kind === "read" ? outcome.file : undefined;

  problems.push(...unknownNames(input, file));
  const values: Record<string, unknown> = {};
  const sources = {} as Record<ConfigKey, Source>;
  for (const key of CONFIG_KEYS) {
    const given = givenValue(key, input, file, problems);
    values[key] = KEYS[key].default;
    sources[key] = given?.source ?? { kind: "default" };
    if (given === undefined) continue;
    const accepted = KEYS[key].accept(given.raw);
    if (accepted.kind === "value") {
      values[key] = accepted.value;
      continue;
    }
    const problem = `${key}: expected ${accepted.expected}, got ${shown(key, given.raw)}${from(given.source)}`;
    if (accepted.kind === "refused") {
      problems.push(problem);
      continue;
    }
    sources[key] = { kind: "placeholder", given: given.source };
    placeholders.push(problem);
  }
  const given = (key: ConfigKey) => sources[key].kind !== "default";
  for (const [key, imply] of [
    ["storage", impliedStorage],
    ["auth", impliedAuth],
    ["declared_only", impliedDeclaredOnly],
    ["traffic_from_requests", impliedTraffic],
    ["requests_per_second", impliedRequests],
  ] as const) {
    if (values[key] !== undefined) continue;
    const implied = imply(given, values);
    values[key] = implied.value;
    sources[key] = { kind: "implied", because: implied.because };
  }
  // Whoever sets up a login means the secret that keeps it.
  if (values["auth"] === "password" || values["auth"] === "oidc") problems.push(...placeholders);
  // Every key of the table has its value by now, accepted by its own schema or its default.
  const config = frozen(values) as unknown as Config;
  // Rules about several keys would only repeat what is wrong with one of them.
  if (problems.length === 0) problems.push(...crossProblems(config, input.dashboard ?? false));
  if (problems.length > 0) return { kind: "refused", problems };
  return { kind: "loaded", config, sources: Object.freeze(sources), file: file?.path };
}

function namedFile({ configPath, env }: LoadInput): { readonly path: string; readonly by: string } | undefined {
  if (configPath !== undefined) return { path: configPath, by: "--config" };
  const path = env["SIXPACK_CONFIG"];
  return isEmpty(path) ? undefined : { path, by: "SIXPACK_CONFIG" };
}

/** The strongest value given for a key, `undefined` when there is none. Two ways to give one secret are a problem. */
function givenValue(
  key: ConfigKey,
  input: LoadInput,
  file: ConfigFile | undefined,
  problems: string[],
): Given | undefined {
  const flag = input.flags.get(key);
  if (flag !== undefined) return { raw: flag, source: { kind: "flag" } };
  return fromEnvironment(key, input, problems) ?? fromFile(key, input, file, problems);
}

function fromEnvironment(key: ConfigKey, { env, readFile }: LoadInput, problems: string[]): Given | undefined {
  for (const name of envNames(key)) {
    const value = variable(env, name);
    const path = KEYS[key].secret ? variable(env, `${name}_FILE`) : undefined;
    if (value !== undefined && path !== undefined) {
      problems.push(`${key}: expected either ${name} or ${name}_FILE, got both`);
    }
    if (value !== undefined) return { raw: value, source: { kind: "env", name } };
    if (path !== undefined) return secretOf(key, path, { kind: "env", name: `${name}_FILE` }, readFile, problems);
  }
  return undefined;
}

function fromFile(
  key: ConfigKey,
  { readFile }: LoadInput,
  file: ConfigFile | undefined,
  problems: string[],
): Given | undefined {
  if (file === undefined) return undefined;
  // `key:` with nothing behind it means the same as no such line.
  const raw = file.values.get(key) ?? undefined;
  const path = KEYS[key].secret ? (file.values.get(`${key}_file`) ?? undefined) : undefined;
  if (raw !== undefined && path !== undefined) {
    problems.push(`${key}: expected either \`${key}\` or \`${key}_file\`, got both in ${file.path}`);
  }
  if (raw !== undefined) return { raw, source: { kind: "file", path: file.path, name: key } };
  if (path === undefined) return undefined;
  return secretOf(key, String(path), { kind: "file", path: file.path, name: `${key}_file` }, readFile, problems);
}

/**
 * A variable's value. An empty one counts as not set, because container files pass variables on whether they are set or
 * not. Kubernetes sets SIXPACK_PORT=tcp://10.0.0.1:5000 for a service named `sixpack`; that one was not meant for us.
 */
function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  if (isEmpty(value)) return undefined;
  return name.endsWith("_PORT") && value.startsWith("tcp://") ? undefined : value;
}

function secretOf(
  key: ConfigKey,
  path: string,
  source: Source,
  readFile: ReadFile,
  problems: string[],
): Given | undefined {
  try {
    const text = readFile(path);
    // Editors and `echo` end a file with a line break that is not part of the secret.
    if (text !== undefined) return { raw: text.replace(/\r?\n$/, ""), source };
    problems.push(`${key}: expected a file with the secret, got no such file: ${path}${from(source)}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(`${key}: expected a readable file with the secret, got: ${why}${from(source)}`);
  }
  return undefined;
}

const ENV_PREFIX = "SIXPACK_CONFIG_";

const IDLE = Object.keys(ACCEPTED_FROM_2_7);

/** Names that mean nothing are typing errors: nobody writes down a setting that is to have no effect. */
function unknownNames({ env, flags }: LoadInput, file: ConfigFile | undefined): readonly string[] {
  const problems: string[] = [];
  for (const name of flags.keys()) {
    if (!isConfigKey(name) && !IDLE.includes(name)) {
      problems.push(`${name}: expected a key of the configuration${didYouMean(name, CONFIG_KEYS)}`);
    }
  }
  const variables = CONFIG_KEYS.flatMap((key) =>
    envNames(key).flatMap((name) => (KEYS[key].secret ? [name, `${name}_FILE`] : [name])),
  );
  for (const name of Object.keys(env)) {
    const key = name.slice(ENV_PREFIX.length).toLowerCase();
    if (name.startsWith(ENV_PREFIX) && !variables.includes(name) && !IDLE.includes(key)) {
      problems.push(`${name}: expected a variable of the configuration${didYouMean(name, variables)}`);
    }
  }
  const keys = CONFIG_KEYS.flatMap((key) => (KEYS[key].secret ? [key, `${key}_file`] : [key]));
  for (const name of file?.values.keys() ?? []) {
    if (!keys.includes(name) && !IDLE.includes(name)) {
      problems.push(`${name}: expected a key of the configuration${didYouMean(name, keys)} in ${file?.path ?? ""}`);
    }
  }
  return problems;
}

function shown(key: ConfigKey, raw: unknown): string {
  if (KEYS[key].secret) return MASK;
  const json = JSON.stringify(raw) ?? String(raw);
  return json.length > GOT_LENGTH_MAX ? `${json.slice(0, GOT_LENGTH_MAX)}…` : json;
}

function from(source: Source): string {
  return ` (${sourceText(source)})`;
}

/** Where a value came from, in words. */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case "flag":
      return "command line";
    case "env":
      return source.name;
    case "file":
      return `${source.name} in ${source.path}`;
    case "implied":
      return `because ${source.because}`;
    case "placeholder":
      return `left out: a placeholder is given (${sourceText(source.given)})`;
    case "default":
      return "default";
  }
}

function frozen(values: Record<string, unknown>): Readonly<Record<string, unknown>> {
  for (const value of Object.values(values)) {
    if (!Array.isArray(value)) continue;
    for (const item of value) Object.freeze(item);
    Object.freeze(value);
  }
  return Object.freeze(values);
}
