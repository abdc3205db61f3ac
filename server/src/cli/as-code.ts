/** `sixpack apply` and `sixpack export --format yaml`, of a dashboard or of a store that no server has open. */
import { readFile } from "node:fs/promises";
import type { Loaded } from "../config/load.ts";
import { COMMAND_LINE } from "../domain/actor.ts";
import { reasonOf, SixpackError } from "../domain/errors.ts";
import type { AdministerContext } from "../service/administer/act.ts";
import { type Applied, applyFile, pruneFile } from "../service/as-code/apply-file.ts";
import { type ExperimentsFile, parseExperimentsFile, storedYaml } from "../service/as-code/experiments-file.ts";
import type { ApplyContext } from "../service/as-code/parts.ts";
import { askDashboard, type Dashboard } from "./dashboard-client.ts";
import { withStore } from "./job.ts";
import { serviceSettings } from "./wiring.ts";
import { analystOf } from "./wiring-analyst.ts";
import { CliError, type ExitCode, fileError, type World } from "./world.ts";

export interface ApplyArguments {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly prune?: "archive";
}

/** What editors read in a file that no dashboard has written. */
const SCHEMA_URL = "http://localhost:5001/schemas/experiments.json";
/** Bytes of experiments in one request, safely below what a dashboard reads. */
const SENT_BYTES_MAX = 100_000;

/** @throws CliError */
export async function applyToStore(world: World, loaded: Loaded, args: ApplyArguments): Promise<ExitCode> {
  const file = await read(args.file);
  return withStore(world, loaded, args.dryRun === true ? "imagine" : "make", async (context) => {
    const full = applyContext(world, loaded, context);
    const isDry = args.dryRun === true;
    return tell(world, args, {
      apply: async () => orRefusals(await applyFile(full, COMMAND_LINE, file, isDry)),
      prune: () => pruneFile(full, COMMAND_LINE, new Set(Object.keys(file.experiments)), isDry),
    });
  }).catch(unreached);
}

function applyContext(world: World, loaded: Loaded, { store, clock }: AdministerContext): ApplyContext {
  const settings = serviceSettings(loaded.config, world.nowMs);
  return { store, clock, settings, analyst: analystOf(loaded.config, { store, clock }) };
}

/** @throws CliError */
export async function applyToDashboard(world: World, dashboard: Dashboard, args: ApplyArguments): Promise<ExitCode> {
  const { experiments } = await read(args.file);
  const entries = Object.entries(experiments);
  const ask = async (body: object): Promise<readonly Applied[]> => {
    const { results } = (await askDashboard(dashboard, "/apply", body).catch(unreached)) as {
      results: readonly Applied[];
    };
    return results;
  };
  const isDry = args.dryRun === true;
  const pieces = piecesOf(entries);
  const each = async (dryRun: boolean): Promise<readonly Applied[]> => {
    const all: Applied[] = [];
    for (const some of pieces) {
      const came = orRefusals(await ask({ experiments: Object.fromEntries(some), dry_run: dryRun }));
      all.push(...came);
      if (!dryRun && came.some(isRefused)) break;
    }
    return dryRun ? orRefusals(all) : all;
  };
  return tell(world, args, {
    apply: async () => {
      // The dashboard tries a request as a whole; several are tried here, so that a refusal in the last one changes nothing.
      // Another one may come all the same: by what experiments of two requests want both, or by somebody else.
      if (isDry || pieces.length === 1) return each(isDry);
      const planned = await each(true);
      return planned.some(isDue) && !planned.some(isRefused) ? each(false) : planned;
    },
    prune: () => ask({ keep: Object.keys(experiments), dry_run: isDry }),
  });
}

type Entries = readonly (readonly [name: string, entry: object])[];

function piecesOf(entries: Entries): readonly Entries[] {
  const pieces: [string, object][][] = [[]];
  let bytes = 0;
  for (const [name, entry] of entries) {
    const added = Buffer.byteLength(JSON.stringify([name, entry]));
    if (bytes > 0 && bytes + added > SENT_BYTES_MAX) {
      pieces.push([]);
      bytes = 0;
    }
    bytes += added;
    pieces.at(-1)?.push([name, entry]);
  }
  return pieces;
}

interface Steps {
  /** Everything is tried before anything is changed. */
  readonly apply: () => Promise<readonly Applied[]>;
  readonly prune: () => Promise<readonly Applied[]>;
}

async function tell({ out, err }: World, { dryRun = false, prune }: ApplyArguments, steps: Steps): Promise<ExitCode> {
  const applied = await steps.apply();
  const all = [...applied, ...(prune === undefined || applied.some(isRefused) ? [] : await steps.prune())];
  const due = all.filter(isDue);
  for (const { name, kind, changes } of due)
    out.write(`${name}: ${kind}\n${changes.map((line) => `  ${line}\n`).join("")}`);
  const refusals = all.filter(isRefused);
  if (refusals.length > 0) {
    for (const { name, changes } of refusals) err.write(`${name}: ${changes.join("; ")}\n`);
    err.write(
      dryRun || due.length === 0 ? "Nothing was changed.\n" : `${due.length} changed before that, no others.\n`,
    );
    return 1;
  }
  const same = all.length - due.length;
  err.write(`${due.length} ${dryRun ? "would change" : "changed"}, ${same} as the file says.\n`);
  return dryRun && due.length > 0 ? 3 : 0;
}

/** Where something is refused, that alone: nothing of that request was changed. */
function orRefusals(applied: readonly Applied[]): readonly Applied[] {
  return applied.some(isRefused) ? applied.filter(isRefused) : applied;
}

function isRefused({ kind }: Applied): boolean {
  return kind === "refused";
}

function isDue({ kind }: Applied): boolean {
  return kind !== "same" && kind !== "refused";
}

/** 3 is drift here, and nothing else. */
function unreached(error: unknown): never {
  throw error instanceof CliError && error.exitCode === 3 ? new CliError(error.message, 1, { cause: error }) : error;
}

async function read(path: string): Promise<ExperimentsFile> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fileError(error, path, 2);
  });
  try {
    return parseExperimentsFile(text);
  } catch (error) {
    throw error instanceof SixpackError ? new CliError(`${path}: ${reasonOf(error)}`, 2, { cause: error }) : error;
  }
}

/** @returns the file of these experiments, of all without names @throws CliError */
export function yamlInStore(world: World, loaded: Loaded, names: readonly string[]): Promise<string> {
  return withStore(world, loaded, "refuse", ({ store }) => storedYaml(store, names, SCHEMA_URL));
}
