/** Imports experiments into a store from the lines of a file, each completely or not at all. */
import { clientKey, digestOf } from "../../../domain/digest.ts";
import { reasonOf, SixpackError } from "../../../domain/errors.ts";
import { checkFree, heldSlices, holdingsOf } from "../../../domain/layer.ts";
import { isExperimentName, quote } from "../../../domain/names.ts";
import type { Tally } from "../../../domain/tally.ts";
import { parsedJson } from "../../../lib/parsed-json.ts";
import { definitionFault, definitionOfToday } from "../../../store/stored-schema.ts";
import { tallyDigest } from "../../../store/tally-sum.ts";
import { type ForeignExperiment, RECORDS_PER_LOAD_MAX, type StoredClient } from "../../../store/transfer.ts";
import type { AdministerContext, Target } from "../../administer/act.ts";
import { logDone } from "../../logged-change.ts";
import { type Cargo, type CargoOutcome, type CargoTallies, type Contents, load, survey } from "../cargo.ts";
import type { ImportOptions } from "../import-options.ts";
import {
  definitionOf,
  type ExperimentLine,
  FORMAT,
  type Line,
  type LinkLine,
  linkOf,
  type RecordLine,
  recordOf,
  SUBSETS_SINCE_FORMAT,
  tallyOf,
} from "./file-format.ts";
import { FileActivity } from "./import-activity.ts";
import { lineIn } from "./line-schema.ts";

export interface FileImportResult {
  readonly kind: "surveyed" | CargoOutcome["kind"];
  readonly definition: ForeignExperiment;
  readonly contents: Contents;
  /** For `taken`: the stored experiment holds the same tallies. */
  readonly same: boolean;
}

/**
 * Reads the file twice: nothing is stored before all of it was checked.
 * @throws SixpackError invalid-file with the number of the line, slice-taken, transfer-failed, store-unavailable
 */
export async function* importFile(
  context: AdministerContext,
  lines: () => AsyncIterable<string>,
  options: ImportOptions,
): AsyncIterable<FileImportResult> {
  if (!options.dryRun) for await (const _ of readFile(context, lines(), { ...options, dryRun: true }));
  yield* readFile(context, lines(), options);
}

async function* readFile(
  context: AdministerContext,
  lines: AsyncIterable<string>,
  options: ImportOptions,
): AsyncIterable<FileImportResult> {
  const reader = new LineReader(lines);
  const header = await reader.next("header");
  if (!(header.format >= 1 && header.format <= FORMAT)) {
    throw reader.invalid(`a format up to ${FORMAT}`, `format ${header.format}`);
  }
  const coming = new Map<string, ForeignExperiment>();
  let experiments = 0;
  for (; (await reader.peek()).kind === "experiment"; experiments += 1) {
    const definition = definitionIn(reader, await reader.next("experiment"));
    const { name } = definition;
    if (!isExperimentName(name)) throw reader.invalid("an experiment whose name may be made", quote(String(name)));
    const cargo = new FileCargo(definition, reader, options.keepClientIds, header.format);
    if (options.names.length > 0 && !options.names.includes(definition.name)) await survey(cargo);
    else {
      // Whoever loads it asks again, together with making it live.
      if (options.dryRun) await checkSlices(context, coming, definition, options.replace);
      yield await importOne(context, cargo, options);
    }
  }
  const footer = await reader.next("footer");
  if (footer.experiments !== experiments) {
    throw reader.invalid(`${footer.experiments} experiments, as the footer says`, `${experiments}`);
  }
}

/**
 * Experiments of one layer share no clients, also where a file brings them.
 * @param coming those of the file before it that will be live, by name; it is added where it will be, too
 * @throws SixpackError slice-taken
 */
async function checkSlices(
  { store }: AdministerContext,
  coming: Map<string, ForeignExperiment>,
  definition: ForeignExperiment,
  replace: boolean,
): Promise<void> {
  const { name } = definition;
  const wanted = heldSlices(definition);
  const [first] = wanted;
  // One that is there already is left as it is, unless it is replaced.
  if (!replace && (first === undefined || coming.has(name) || (await store.definitions.read(name)) !== undefined))
    return;
  coming.delete(name);
  if (first !== undefined) {
    const stored = (await store.definitions.list()).filter((one) => one.name !== name && !coming.has(one.name));
    checkFree(wanted, holdingsOf(first.layer, [...coming.values(), ...stored]));
  }
  coming.set(name, definition);
}

/** One of an older format is made one of today first. */
function definitionIn(reader: LineReader, line: ExperimentLine): ForeignExperiment {
  let definition: unknown;
  try {
    definition = definitionOfToday(definitionOf(line));
  } catch (error) {
    throw reader.invalid("a definition", reasonOf(error));
  }
  const fault = definitionFault(definition);
  if (fault !== undefined) throw reader.refused(`expected definition/${fault}`);
  return definition as ForeignExperiment;
}

async function importOne(
  context: AdministerContext,
  cargo: FileCargo,
  { dryRun, replace, actor, from }: ImportOptions,
): Promise<FileImportResult> {
  const { definition } = cargo;
  const { store } = context;
  if (dryRun) return { kind: "surveyed", definition, contents: await survey(cargo), same: false };
  const outcome = await load(context, cargo, replace);
  const { kind, contents } = outcome;
  if (outcome.kind === "loaded") {
    const { name } = definition;
    await cargo.activity.takeInto(store, name);
    const target: Target = { name, actor };
    await logDone(context, target, name, { action: "import", before: from, after: `${contents.records} clients` });
  }
  return { kind, definition, contents, same: outcome.kind === "taken" && outcome.same };
}

class FileCargo implements Cargo {
  readonly definition: ForeignExperiment;
  readonly activity = new FileActivity();
  readonly #reader: LineReader;
  readonly #keepIds: boolean;
  readonly #format: number;
  #records = 0;

  constructor(definition: ForeignExperiment, reader: LineReader, keepIds: boolean, format: number) {
    this.#keepIds = keepIds;
    this.#format = format;
    this.definition = definition;
    this.#reader = reader;
  }

  async *records(): AsyncIterable<readonly StoredClient[]> {
    let batch: StoredClient[] = [];
    for (;;) {
      const line = await this.#reader.peek();
      if (line.kind !== "record" && line.kind !== "link") break;
      await this.#reader.next(line.kind);
      batch.push(this.#clientOf(line));
      this.#records += 1;
      if (batch.length < RECORDS_PER_LOAD_MAX) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  #clientOf(line: RecordLine | LinkLine): StoredClient {
    if (line.kind === "link") {
      if (line.conflict !== undefined) for (const one of Object.values(line.conflict)) this.#place(one);
    } else {
      this.#place(line);
      for (const { kpi } of line.conversions ?? []) this.#place({ kpi });
    }
    const read = () => (line.kind === "link" ? linkOf(line) : recordOf(line));
    const { id, ...stored } = this.#reader.understood(read);
    if (id === undefined) return stored;
    if (clientKey(digestOf(this.definition.name, id)) !== stored.client) {
      throw this.#reader.invalid(`the id whose client is ${line.client}`, quote(String(id)));
    }
    return this.#keepIds ? { ...stored, id } : stored;
  }

  /** Whether there is what a line is about. */
  #place({ alternative, epoch, kpi }: { alternative?: number | null; epoch?: number; kpi?: number | null }): void {
    const { alternatives, epochs, kpis } = this.definition;
    if ((alternative ?? 0) >= alternatives.length) {
      throw this.#reader.invalid(`one of ${alternatives.length} alternatives`, `number ${alternative}`);
    }
    if ((epoch ?? 0) >= epochs.length) throw this.#reader.invalid(`one of ${epochs.length} epochs`, `number ${epoch}`);
    if ((kpi ?? 0) > kpis.length) throw this.#reader.invalid(`one of ${kpis.length} KPIs`, `number ${kpi}`);
  }

  async tallies(): Promise<CargoTallies> {
    const recorded: Tally[] = [];
    const unrecorded: Tally[] = [];
    while ((await this.#reader.peek()).kind === "tally") {
      const line = await this.#reader.next("tally");
      this.#place(line);
      (line.unrecorded === true ? unrecorded : recorded).push(this.#reader.understood(() => tallyOf(line)));
    }
    while ((await this.#reader.peek()).kind === "activity") {
      this.activity.add((await this.#reader.next("activity")).entry);
    }
    const { records, digest } = await this.#reader.next("end");
    if (records !== this.#records) throw this.#reader.invalid(`${records} records before it`, `${this.#records}`);
    if (digest === null) return { recorded: null, unrecorded, hasSubsets: true };
    const found = tallyDigest([...recorded, ...unrecorded]);
    if (found !== digest) throw this.#reader.invalid(`tallies with the digest ${digest}`, found);
    return { recorded, unrecorded, hasSubsets: this.#format >= SUBSETS_SINCE_FORMAT };
  }
}

/** Lines one after the other, with a look at the next one. */
class LineReader {
  readonly #lines: AsyncIterator<string>;
  #number = 0;
  #peeked: Line | undefined;

  constructor(lines: AsyncIterable<string>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async peek(): Promise<Line> {
    this.#peeked ??= await this.#read();
    return this.#peeked;
  }

  /** The next line, which has to be of that kind. @throws SixpackError invalid-file */
  async next<Kind extends Line["kind"]>(kind: Kind): Promise<Extract<Line, { kind: Kind }>> {
    const line = await this.peek();
    if (!isKind(line, kind)) throw this.invalid(`a line of the kind ${kind}`, line.kind);
    this.#peeked = undefined;
    return line;
  }

  /** What a line means. @throws SixpackError invalid-file: a day that is none */
  understood<Meaning>(read: () => Meaning): Meaning {
    try {
      return read();
    } catch (error) {
      throw this.refused(reasonOf(error), error);
    }
  }

  invalid(expected: string, got: string): SixpackError {
    return this.refused(`expected ${expected}, got ${got}`);
  }

  refused(why: string, cause?: unknown): SixpackError {
    return new SixpackError("invalid-file", `Line ${this.#number}: ${why}`, { cause });
  }

  async #read(): Promise<Line> {
    const { value, done } = await this.#lines.next();
    this.#number += 1;
    if (done === true) throw this.invalid("more lines; the file was cut off", "its end");
    const line = lineIn(parsedJson(value));
    if (typeof line === "string") throw this.invalid(line, quote(value));
    return line;
  }
}

function isKind<Kind extends Line["kind"]>(line: Line, kind: Kind): line is Extract<Line, { kind: Kind }> {
  return line.kind === kind;
}
