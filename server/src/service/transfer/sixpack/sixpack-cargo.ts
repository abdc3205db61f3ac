/**
 * The clients of an experiment of Sixpack, as records and tallies.
 *
 * The original keeps no record per client but a bitmap per alternative, KPI and day, in which a client is a bit. They
 * are read side by side, a window of numbers at a time, so that memory is bounded however many clients there are. A bit
 * whose client id is known becomes a record; one whose id was thrown away (archiving does that) is only counted.
 */
import { assigned, EXCLUDED } from "../../../domain/assignment.ts";
import { type ClientKey, clientKey, digestOf } from "../../../domain/digest.ts";
import { kpisOf } from "../../../domain/kpi.ts";
import type { ClientId, KpiName } from "../../../domain/names.ts";
import { type Day, dayOf, parseDay } from "../../../domain/period.ts";
import { TallySum } from "../../../store/tally-sum.ts";
import {
  type ClientRecord,
  type ForeignExperiment,
  type KpiRecord,
  RECORDS_PER_LOAD_MAX,
} from "../../../store/transfer.ts";
import type { Cargo, CargoTallies } from "../cargo.ts";
import { eachBit } from "./bitmap.ts";
import type { SixpackSource, SourceExperiment } from "./source.ts";

/** Numbers looked at together: 4 KiB of every bitmap, and a page of as many client ids. A multiple of 8. */
const WINDOW = 32_768;

/** No alternative, no day. */
const NONE = -1;

/** Stands for a client whose id is lost, until it is counted. */
const NOBODY = "" as ClientKey;

const NO_CONVERSIONS: readonly KpiRecord[] = [];

/** The bitmaps of a window, transposed: what each client did. */
interface Window {
  readonly start: number;
  /** Position of the alternative, EXCLUDED_NUMBER, or NONE. */
  readonly alternatives: Int32Array;
  readonly joined: Int32Array;
  /** Per number of the KPI: day of the conversion. */
  readonly converted: readonly Int32Array[];
}

const EXCLUDED_NUMBER = 1_000;

/** Contradictions in the original's data, and how each was resolved. */
export interface Oddities {
  /** Clients with two alternatives (`record_force`): they keep the first in stored order, which the original answers too. */
  twoAlternatives: number;
  /** Participants without a day: counted on the day of creation. */
  withoutDay: number;
  /** Conversions of clients who did not take part: left out. */
  strayConversions: number;
}

interface SixpackCargoOptions {
  /** Whether ids that the source knows go along. */
  readonly keepClientIds: boolean;
  /** Hears how many numbers of clients were looked at. */
  readonly onProgress: (numbers: number) => void;
}

export class SixpackCargo implements Cargo {
  readonly definition: ForeignExperiment;
  readonly oddities: Oddities = { twoAlternatives: 0, withoutDay: 0, strayConversions: 0 };
  readonly #source: SixpackSource;
  readonly #experiment: SourceExperiment;
  readonly #keepIds: boolean;
  readonly #onProgress: (numbers: number) => void;
  readonly #createdOn: Day;
  readonly #recorded = new TallySum();
  readonly #unrecorded = new TallySum();

  constructor(
    source: SixpackSource,
    experiment: SourceExperiment,
    definition: ForeignExperiment,
    { keepClientIds, onProgress }: SixpackCargoOptions,
  ) {
    this.#source = source;
    this.#experiment = experiment;
    this.definition = definition;
    this.#keepIds = keepClientIds;
    this.#onProgress = onProgress;
    this.#createdOn = dayOf(definition.createdAtMs);
  }

  async *records(): AsyncIterable<readonly ClientRecord[]> {
    const { name, numbersEnd } = this.#experiment;
    const days = await this.#source.days(name, "p");
    const kpiDays = await Promise.all(kpisOf(this.definition).map((kpi) => this.#source.days(name, "c", kpi.name)));
    for (let start = 0; start < numbersEnd; start += WINDOW) {
      const [window, clients] = await Promise.all([
        this.#window(start, days, kpiDays),
        this.#source.clients(name, start, WINDOW),
      ]);
      const ids = new Map(clients.map(({ number, id }) => [number - start, id]));
      yield* this.#recordsOf(window, ids);
      this.#onProgress(Math.min(WINDOW, numbersEnd - start));
    }
  }

  async tallies(): Promise<CargoTallies> {
    return { recorded: this.#recorded.tallies(), unrecorded: this.#unrecorded.tallies(), hasSubsets: true };
  }

  async #window(start: number, days: readonly string[], kpiDays: readonly (readonly string[])[]): Promise<Window> {
    const { name, alternatives } = this.#experiment;
    const window: Window = {
      start,
      alternatives: empty(),
      joined: empty(),
      converted: kpiDays.map(empty),
    };
    const [excluded, byAlternative, byDay] = await Promise.all([
      this.#source.excluded(name, start, WINDOW),
      Promise.all(alternatives.map((alternative) => this.#source.joined(name, alternative, "all", start, WINDOW))),
      Promise.all(days.map((day) => this.#source.joined(name, "_all", day, start, WINDOW))),
    ]);
    eachBit(excluded, (at) => {
      window.alternatives[at] = EXCLUDED_NUMBER;
    });
    this.#fillAlternatives(window.alternatives, byAlternative);
    fillDays(window.joined, days, byDay);
    await Promise.all(
      kpisOf(this.definition).map(({ name: kpi }, at) => this.#fillConversions(window, at, kpi, kpiDays[at] ?? [])),
    );
    return window;
  }

  #fillAlternatives(target: Int32Array, bitmaps: readonly Buffer[]): void {
    for (const [index, bitmap] of bitmaps.entries()) {
      eachBit(bitmap, (at) => {
        const known = target[at] ?? NONE;
        // The original counts whom it excluded and then forced into an alternative as a participant.
        if (known === NONE || known === EXCLUDED_NUMBER) target[at] = index;
        else this.oddities.twoAlternatives += 1;
      });
    }
  }

  async #fillConversions(
    { start, converted, joined }: Window,
    number: number,
    kpi: KpiName | null,
    days: readonly string[],
  ) {
    const { name } = this.#experiment;
    const target = converted[number];
    if (target === undefined) return;
    const [byDay, ever] = await Promise.all([
      Promise.all(days.map((day) => this.#source.converted(name, kpi, day, start, WINDOW))),
      this.#source.converted(name, kpi, "all", start, WINDOW),
    ]);
    fillDays(target, days, byDay);
    eachBit(ever, (at) => {
      if (target[at] === NONE) target[at] = Math.max(joined[at] ?? NONE, this.#createdOn);
    });
  }

  *#recordsOf(window: Window, ids: ReadonlyMap<number, string>): Iterable<readonly ClientRecord[]> {
    let batch: ClientRecord[] = [];
    for (let at = 0; at < WINDOW; at += 1) {
      const number = window.alternatives[at] ?? NONE;
      const conversions = this.#conversionsOf(window, at, number);
      if (number === NONE) continue;
      const assignment = number === EXCLUDED_NUMBER ? EXCLUDED : assigned(number);
      const day = this.#joinedOn(window.joined[at] ?? NONE, number);
      const id = ids.get(at);
      const sum = id === undefined ? this.#unrecorded : this.#recorded;
      const client = id === undefined ? NOBODY : clientKey(digestOf(this.definition.name, id as ClientId));
      const record = { client, assignment, epoch: 0, day, conversions };
      sum.addRecord(record);
      if (id === undefined) continue;
      batch.push(this.#keepIds ? { ...record, id: id as ClientId } : record);
      if (batch.length < RECORDS_PER_LOAD_MAX) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  #conversionsOf({ converted }: Window, at: number, alternative: number): readonly KpiRecord[] {
    let conversions: KpiRecord[] | undefined;
    for (const [kpi, days] of converted.entries()) {
      const day = days[at] ?? NONE;
      if (day === NONE) continue;
      if (alternative === NONE || alternative === EXCLUDED_NUMBER) {
        this.oddities.strayConversions += 1;
        continue;
      }
      conversions ??= [];
      conversions.push({ kpi, day: day as Day, events: 1, total: 0 });
    }
    return conversions ?? NO_CONVERSIONS;
  }

  /** The original keeps no day for an excluded client. */
  #joinedOn(day: number, alternative: number): Day {
    if (day !== NONE) return day as Day;
    if (alternative !== EXCLUDED_NUMBER) this.oddities.withoutDay += 1;
    return this.#createdOn;
  }
}

function empty(): Int32Array {
  return new Int32Array(WINDOW).fill(NONE);
}

/** The first day of each client: from the last day to the first, so that the first one stays. */
function fillDays(target: Int32Array, days: readonly string[], bitmaps: readonly Buffer[]): void {
  for (const [back, text] of days.toReversed().entries()) {
    const day = parseDay(text);
    eachBit(bitmaps[days.length - 1 - back] ?? Buffer.alloc(0), (at) => {
      target[at] = day;
    });
  }
}
