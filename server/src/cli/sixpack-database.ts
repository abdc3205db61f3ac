/** `sixpack import redis://…`: experiments of the original Sixpack, out of its Redis. */
import type { Loaded } from "../config/load.ts";
import { COMMAND_LINE } from "../domain/actor.ts";
import { type ImportResult, importSixpack, type SixpackImportOptions } from "../service/transfer/import-sixpack.ts";
import { SixpackSource } from "../service/transfer/sixpack/source.ts";
import { RedisReader } from "../store/redis/reader.ts";
import { addressOf, type RedisOptions } from "../store/redis/redis-options.ts";
import { told, withStore } from "./job.ts";
import { progressBar } from "./progress-bar.ts";
import { CliError, type ExitCode, type World } from "./world.ts";

interface ImportArguments {
  readonly prefix: string;
  readonly only?: readonly string[];
  readonly dryRun?: boolean;
  readonly replace?: boolean;
}

/** Whether the argument of `import` is a Redis and not a file. */
export function isRedisUrl(source: string): boolean {
  return /^(rediss?|unix):\/\//.test(source);
}

/** @returns 1 when an experiment was passed over or refused and the target holds something else under its name */
export async function importFromSixpack(
  world: World,
  loaded: Loaded,
  url: string,
  args: ImportArguments,
): Promise<ExitCode> {
  const options = sourceOptions(url);
  return told(async () => {
    const reader = await RedisReader.open(options);
    try {
      return await withStore(world, loaded, args.dryRun === true ? "imagine" : "make", (context) =>
        run(world, context, reader, addressOf(options), { ...args, keepClientIds: loaded.config.keep_client_ids }),
      );
    } finally {
      await reader.close();
    }
  });
}

async function run(
  world: World,
  context: Parameters<typeof importSixpack>[0],
  reader: RedisReader,
  from: string,
  {
    prefix,
    only = [],
    dryRun = false,
    replace = false,
    keepClientIds,
  }: ImportArguments & Pick<SixpackImportOptions, "keepClientIds">,
): Promise<ExitCode> {
  const bar = progressBar(world, "client numbers");
  const results: ImportResult[] = [];
  const startedMs = performance.now();
  try {
    const imported = importSixpack(context, new SixpackSource(reader, prefix), {
      names: only,
      dryRun,
      replace,
      keepClientIds,
      actor: COMMAND_LINE,
      from: `Sixpack at ${from}`,
      onTotal: (numbers) => bar.start(numbers, 0),
      onProgress: (numbers) => bar.increment(numbers),
    });
    for await (const result of imported) results.push(result);
  } finally {
    if (bar.isActive) bar.stop();
    // Also where it breaks off: what was stored by then stays.
    world.out.write(results.map((result) => `${lineOf(result)}\n`).join(""));
  }
  if (results.length === 0) {
    throw new CliError(`No experiment of Sixpack at ${from} under the prefix ${prefix}. Name another with --prefix.`);
  }
  world.err.write(`${summary(results, dryRun, performance.now() - startedMs)}\n`);
  return results.some(isLeftOut) ? 1 : 0;
}

/** Left for a person to decide: what is stored under the name is not what the source has. */
function isLeftOut(result: ImportResult): boolean {
  return result.kind === "refused" || (result.kind === "taken" && !result.same);
}

function lineOf(result: ImportResult): string {
  if (result.kind === "refused") return `refused   ${result.name}: ${result.reason}`;
  const { definition, contents, oddities } = result;
  const state = [definition.archived ? "archived" : "", definition.paused ? "paused" : ""].filter(Boolean);
  const parts = [
    state.length === 0 ? "running" : state.join(" and "),
    `${definition.alternatives.length} alternatives`,
    `${definition.kpis.length - 1} KPIs`,
    `${contents.records} clients`,
    ...(contents.unrecorded > 0 ? [`${contents.unrecorded} counted without ids`] : []),
    ...(definition.winner === null ? [] : [`winner ${definition.winner}`]),
    ...(oddities.twoAlternatives > 0 ? [`${oddities.twoAlternatives} with two alternatives keep the first`] : []),
    ...(oddities.withoutDay > 0 ? [`${oddities.withoutDay} without a day count on that of creation`] : []),
    ...(oddities.strayConversions > 0
      ? [`${oddities.strayConversions} conversions without participation left out`]
      : []),
  ];
  return `${wordOf(result).padEnd(8)}  ${definition.name}: ${parts.join(", ")}`;
}

function wordOf(result: Exclude<ImportResult, { readonly kind: "refused" }>): string {
  switch (result.kind) {
    case "surveyed":
      return "found";
    case "loaded":
      return "imported";
    case "taken":
      return result.same ? "there" : "exists";
  }
}

function summary(results: readonly ImportResult[], dryRun: boolean, elapsedMs: number): string {
  const clients = results.reduce((sum, result) => sum + ("contents" in result ? result.contents.records : 0), 0);
  const left = results.filter(isLeftOut).length;
  const seconds = (elapsedMs / 1000).toFixed(1);
  const done = dryRun ? "Nothing was written. Found" : "Read";
  const advice =
    left > 0 ? ` ${left} left as they are; --replace takes those of the source, and a restore undoes it.` : "";
  return `${done} ${results.length} experiments with ${clients} clients in ${seconds} s.${advice}`;
}

/** `unix:///path/redis.sock?db=1` for a socket; everything else is for the client library. @throws CliError */
function sourceOptions(url: string): RedisOptions {
  if (!URL.canParse(url)) throw new CliError(`Expected redis://host:port/database, got ${JSON.stringify(url)}`, 2);
  const { protocol, pathname, searchParams } = new URL(url);
  if (protocol !== "unix:") return { url };
  return { socketPath: pathname, database: Number(searchParams.get("db") ?? 0) };
}
