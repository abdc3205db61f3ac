/** The options by which commands are configured, and the way from them to a loaded configuration. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { FLAGGED } from "../config/flagged-keys.ts";
import type { Loaded, LoadOutcome } from "../config/load.ts";
import { CliError, type World } from "./world.ts";

/** Options with a name of their own; every other key is reached by `--set`. */
export interface FlagNames {
  /** Long option without dashes → key that it sets. */
  readonly [flag: string]: keyof typeof FLAGGED;
}

/** Where a command finds the store. */
export const STORE_FLAGS: FlagNames = { storage: "storage", "data-dir": "data_dir", "redis-url": "redis_url" };

export const API_FLAGS: FlagNames = { host: "host", port: "port", workers: "workers", ...STORE_FLAGS };
export const WEB_FLAGS: FlagNames = { host: "web_host", port: "web_port", ...STORE_FLAGS };
export const START_FLAGS: FlagNames = {
  host: "host",
  port: "port",
  "web-host": "web_host",
  "web-port": "web_port",
  workers: "workers",
  ...STORE_FLAGS,
};

/** Adds `--config`, `--set` and the flags to a command. */
export function addConfigOptions(command: Command, flags: FlagNames): Command {
  command.option("-c, --config <file>", "YAML file with the configuration (SIXPACK_CONFIG)");
  for (const [flag, key] of Object.entries(flags)) {
    command.option(flag === "port" ? `-p, --${flag} <value>` : `--${flag} <value>`, plainText(key));
  }
  return command.option("--set <key=value>", "sets any key of `sixpack config --docs`; repeatable", collect);
}

/** Gathers a repeatable option. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** What a key sets, without its Markdown. */
function plainText(key: keyof typeof FLAGGED): string {
  return FLAGGED[key].replaceAll("`", "").replace(/\.$/, "");
}

/**
 * Loads the table of keys, too, which a command that asks a running dashboard does not need.
 * @param dashboard whether the command serves it
 */
export async function loadOutcome(
  world: World,
  command: Command,
  flags: FlagNames,
  dashboard = false,
): Promise<LoadOutcome> {
  const { loadConfig } = await import("../config/load.ts");
  const options: Readonly<Record<string, unknown>> = command.opts();
  return loadConfig({
    flags: flagValues(options, flags),
    configPath: typeof options["config"] === "string" ? options["config"] : undefined,
    env: world.env,
    readFile,
    dashboard,
  });
}

/**
 * @param dashboard whether the command serves it
 * @throws CliError with every problem of the configuration at once
 */
export async function loadFrom(world: World, command: Command, flags: FlagNames, dashboard = false): Promise<Loaded> {
  const outcome = await loadOutcome(world, command, flags, dashboard);
  switch (outcome.kind) {
    case "loaded":
      return outcome;
    case "refused":
      throw new CliError(
        `The configuration can't be used:\n${outcome.problems.map((problem) => `  ${problem}`).join("\n")}\n` +
          "`sixpack config --docs` explains every key.",
        2,
      );
  }
}

function flagValues(options: Readonly<Record<string, unknown>>, flags: FlagNames): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const set = options["set"];
  for (const entry of Array.isArray(set) ? set : []) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(String(entry)) ?? [];
    if (key === undefined || value === undefined) {
      throw new CliError(`Expected --set key=value, got ${JSON.stringify(entry)}`, 2);
    }
    values.set(key.trim(), value);
  }
  for (const [flag, key] of Object.entries(flags)) {
    const value = options[camelCase(flag)];
    if (typeof value === "string") values.set(key, value);
  }
  return values;
}

/** commander keeps `--data-dir` under `dataDir`. */
function camelCase(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
