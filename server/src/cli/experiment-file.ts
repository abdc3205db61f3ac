/** `sixpack export` and `sixpack import FILE`: experiments from one store to another. */
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Loaded } from "../config/load.ts";
import { VERSION } from "../config/version.ts";
import { COMMAND_LINE } from "../domain/actor.ts";
import { member } from "../lib/member.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { exportClients } from "../service/administer/export-clients.ts";
import { exportFile } from "../service/transfer/file/export-file.ts";
import { type FileImportResult, importFile } from "../service/transfer/file/import-file.ts";
import { type Dashboard, piecesOf } from "./dashboard-client.ts";
import { withStore } from "./job.ts";
import { progressBar } from "./progress-bar.ts";
import { CliError, type ExitCode, fileError, type World } from "./world.ts";

interface FileImportArguments {
  readonly only?: readonly string[];
  readonly dryRun?: boolean;
  readonly replace?: boolean;
}

/** Writes to standard output unless a file is named. @returns as `writeExperiments` @throws CliError */
export function exportToFile(
  world: World,
  loaded: Loaded,
  names: readonly string[],
  output: string | undefined,
): Promise<ExitCode> {
  return withStore(world, loaded, "refuse", async (context) => {
    const lines = exportFile(context, {
      names,
      version: VERSION,
      onUnreadable: ({ name, reason }) => {
        world.err.write(`left out  ${name}: it can't be read. ${reason}\n`);
      },
      onExported: ({ name }, records, exact, unreadable) => {
        world.err.write(`exported  ${name}: ${records} clients${exact ? "" : inexact(unreadable)}\n`);
      },
    });
    return writeExperiments(world, lines, output);
  });
}

/**
 * Keeps what can be read also where that is not all, and says what is missing: a backup without it is better than none, and
 * whoever makes one every night must hear of it.
 * @returns 1 when the file says that experiments are missing, or clients of them
 */
export async function writeExperiments(
  world: World,
  pieces: AsyncIterable<string> | Iterable<string>,
  output: string | undefined,
): Promise<ExitCode> {
  let last = "";
  await writePieces(world, lastKept(), output);
  const incomplete = member(parsedJson(last.replace(/^# /, "")), "incomplete");
  if (!Array.isArray(incomplete)) return 0;
  world.err.write(
    `Not all is in the file, because it can't be read: ${incomplete.join(", ")}. See \`sixpack doctor\`.\n`,
  );
  return 1;

  async function* lastKept(): AsyncIterable<string> {
    for await (const piece of pieces) {
      const lines = `${last}${piece}`;
      last = lines.slice(lines.lastIndexOf("\n", lines.length - 2) + 1);
      yield piece;
    }
  }
}

/** Why a file doesn't have the tallies of an experiment, and what becomes of it. */
function inexact(unreadable: number): string {
  const why = unreadable > 0 ? `${unreadable} left out, whose records can't be read` : "clients took part meanwhile";
  return `; ${why}, so an import counts its tallies from these records (repeated events on the day of the first)`;
}

/** `sixpack export --clients`: a table of the clients of one experiment. @throws CliError */
export async function exportClientsToFile(
  world: World,
  loaded: Loaded,
  name: string,
  output: string | undefined,
): Promise<void> {
  await withStore(world, loaded, "refuse", async (context) => {
    const { pieces } = await exportClients(context, { name, actor: COMMAND_LINE });
    await writePieces(world, pieces, output);
  });
}

/** The same three files, from a server that runs. @returns as `writeExperiments` @throws CliError */
export async function exportFromDashboard(
  world: World,
  dashboard: Dashboard,
  asked: { readonly names: readonly string[]; readonly clients: string | undefined; readonly format: "lines" | "yaml" },
  output: string | undefined,
): Promise<ExitCode> {
  const { names, clients, format } = asked;
  const query = new URLSearchParams(names.map((name) => ["experiment", name]));
  if (clients === undefined) {
    const path = `/${format === "yaml" ? "experiments.yml" : "export.jsonl"}?${query}`;
    return writeExperiments(world, piecesOf(dashboard, path), output);
  }
  await writePieces(world, piecesOf(dashboard, `/experiments/${encodeURIComponent(clients)}/clients.csv`), output);
  return 0;
}

/** Writes to standard output unless a file is named. @throws CliError */
async function writePieces(
  world: World,
  pieces: AsyncIterable<string> | Iterable<string>,
  output: string | undefined,
): Promise<void> {
  try {
    if (output === undefined) await pipeline(Readable.from(pieces), world.out.stream, { end: false });
    else await writeFile(pieces, output);
  } catch (error) {
    throw fileError(error, output ?? "standard output");
  }
}

/** All of the pieces, or no file: half of one would only be in the way of the next try. */
async function writeFile(pieces: AsyncIterable<string> | Iterable<string>, output: string): Promise<void> {
  // "wx": a file that is there may be the only copy of something.
  const file = await open(output, "wx");
  try {
    await pipeline(Readable.from(pieces), file.createWriteStream());
  } catch (error) {
    // What went wrong first is what a person has to hear.
    await rm(output, { force: true }).catch(() => {});
    throw error;
  }
}

/** @returns 1 when an experiment was passed over because another one is stored under its name */
export async function importFromFile(
  world: World,
  loaded: Loaded,
  file: string,
  { only = [], dryRun = false, replace = false }: FileImportArguments,
): Promise<ExitCode> {
  const results: FileImportResult[] = [];
  // Before the store: whoever mistypes the file wants no new folder.
  const lines = await lineCount(file);
  await withStore(world, loaded, dryRun ? "imagine" : "make", async (context) => {
    const bar = progressBar(world, "lines");
    const keepClientIds = loaded.config.keep_client_ids;
    const options = { names: only, dryRun, replace, keepClientIds, actor: COMMAND_LINE, from: "a file" };
    try {
      // Read once to be checked, and once more to be stored.
      bar.start(dryRun ? lines : 2 * lines, 0);
      for await (const result of importFile(context, () => counted(file, bar), options)) {
        results.push(result);
      }
    } finally {
      if (bar.isActive) bar.stop();
      // Also where it breaks off: what was stored by then stays.
      for (const result of results) world.out.write(`${lineOf(result)}\n`);
    }
  });
  if (results.length === 0 && only.length === 0) throw new CliError(`Expected experiments in ${file}, got none.`);
  const missing = only.filter((name) => !results.some(({ definition }) => definition.name === name));
  if (missing.length > 0) throw new CliError(`Expected experiments of ${file}, got ${missing.join(", ")}.`);
  const left = results.filter(({ kind, same }) => kind === "taken" && !same).length;
  if (left > 0)
    world.err.write(`${left} left as they are; --replace takes those of the file, and a restore undoes it.\n`);
  return left > 0 ? 1 : 0;
}

function lineOf({ kind, same, definition, contents }: FileImportResult): string {
  const word = kind === "surveyed" ? "found" : kind === "loaded" ? "imported" : same ? "there" : "exists";
  const { records, unrecorded, digest } = contents;
  const lost = unrecorded > 0 ? `, ${unrecorded} counted without ids` : "";
  return `${word.padEnd(8)}  ${definition.name}: ${records} clients${lost}, tallies ${digest?.slice(0, 12) ?? "not counted"}`;
}

/** How often the bar moves, in lines: drawing is slower than reading. */
const LINES_PER_STEP = 1_000;

async function* counted(file: string, bar: { increment(by: number): void }): AsyncIterable<string> {
  let read = 0;
  for await (const line of linesOf(file)) {
    read += 1;
    if (read % LINES_PER_STEP === 0) bar.increment(LINES_PER_STEP);
    yield line;
  }
  bar.increment(read % LINES_PER_STEP);
}

async function lineCount(file: string): Promise<number> {
  let count = 0;
  for await (const _ of linesOf(file)) count += 1;
  return count;
}

/** Not by `node:readline`, which ends a line at U+2028 and U+2029 too: names, ids and descriptions may hold them. */
async function* splitLines(pieces: AsyncIterable<Buffer>, file: string): AsyncIterable<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decoded = (piece?: Buffer): string => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch (cause) {
      throw new CliError(`${file}: Expected UTF-8, got other bytes: names would change.`, 1, { cause });
    }
  };
  let rest = "";
  for await (const piece of pieces) {
    const lines = `${rest}${decoded(piece)}`.split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  // A letter that was begun has to be complete.
  rest += decoded();
  if (rest !== "") yield rest;
}

async function* linesOf(file: string): AsyncIterable<string> {
  try {
    yield* splitLines(createReadStream(file), file);
  } catch (error) {
    throw fileError(error, file);
  }
}
