/** A configuration of flags alone, as if nothing else were set. */
import { type Loaded, loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";

/** @throws Error with all problems of the flags */
export function loadFlags(
  flags: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>> = {},
): Loaded {
  const outcome = loadConfig({
    flags: new Map(Object.entries(flags)),
    configPath: undefined,
    env,
    readFile: () => undefined,
  });
  if (outcome.kind === "refused") throw new Error(outcome.problems.join("\n"));
  return outcome;
}

export function configOf(flags: Readonly<Record<string, string>>): Config {
  return loadFlags(flags).config;
}
