/**
 * A store whose tallies are written down instead of counted: ten million participants cost nothing, so pages can be
 * looked at, measured and tested at any size. Everything else is the model store.
 */
import { type Assignment, assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { withKpi } from "../../src/domain/experiment-kpis.ts";
import { parseKpiName } from "../../src/domain/names.ts";
import type { Day } from "../../src/domain/period.ts";
import { parseDimensions } from "../../src/domain/segments.ts";
import { inSegment, onDay, type Subset } from "../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../src/domain/tally.ts";
import { ModelStore } from "../store/model/model-store.ts";
import * as make from "../support/make.ts";

/** What an experiment is made of: participants come evenly, and convert at their alternative's rate. */
export interface Traffic {
  readonly name: string;
  /** Rate of the default KPI per alternative, by name; the first one is the control. */
  readonly rates: Readonly<Record<string, number>>;
  /** Participants of all alternatives together. */
  readonly participants: number;
  readonly days: number;
  /** Last day of traffic, counted back from `today`. @default 0 */
  readonly endedDaysAgo?: number;
  /** Shares of participants where they are not alike, per alternative. */
  readonly shares?: readonly number[];
  readonly kpis?: readonly string[];
  /** Of each conversion, by KPI. */
  readonly values?: Readonly<Record<string, { readonly mean: number; readonly deviation: number }>>;
  readonly excluded?: number;
  /** As `parseDimensions` takes them; participants and conversions are spread over their values, fewer to each later one. */
  readonly dimensions?: readonly string[];
  readonly description?: string;
  readonly trafficFraction?: number;
}

export class TalliedStore extends ModelStore {
  readonly #tallies = new Map<string, readonly Tally[]>();

  constructor() {
    super();
    const { read } = this.tallies;
    this.tallies.read = (experiment) => {
      const written = this.#tallies.get(experiment.name);
      return written === undefined ? read(experiment) : Promise.resolve(written);
    };
  }

  /** Makes the experiment as if its traffic had ended on `today`. */
  async add(traffic: Traffic, today: Day): Promise<Experiment> {
    const { name, rates, days, endedDaysAgo = 0, description, trafficFraction = 1, kpis = [], dimensions } = traffic;
    const draft = make.draft({
      name,
      alternatives: Object.keys(rates),
      trafficFraction,
      createdAtMs: (today - endedDaysAgo - days + 1) * 86_400_000,
      ...(description === undefined ? {} : { description }),
      ...(dimensions === undefined ? {} : { dimensions: parseDimensions(dimensions) }),
    });
    let experiment = await make.created(this, draft);
    for (const kpi of kpis) {
      const outcome = await this.definitions.change(withKpi(experiment, parseKpiName(kpi)));
      if (outcome.kind === "changed") experiment = outcome.experiment;
    }
    this.write(experiment, talliesOf(traffic, today));
    return experiment;
  }

  /** From now on these are the tallies of the experiment. */
  write({ name }: Experiment, tallies: readonly Tally[]): void {
    this.#tallies.set(name, tallies);
  }
}

function talliesOf(traffic: Traffic, today: Day): readonly Tally[] {
  const { rates, participants, days, endedDaysAgo = 0, kpis = [], values = {}, excluded = 0 } = traffic;
  const names = Object.keys(rates);
  const shares = traffic.shares ?? names.map(() => 1 / names.length);
  const tallies: Tally[] = [];
  const add = (assignment: Assignment, metric: number, subset: Subset, clients: number) => {
    if (clients === 0) return;
    const { mean, deviation } = new Map(Object.entries(values)).get(kpis[metric - 1] ?? "") ?? {
      mean: 0,
      deviation: 0,
    };
    const [sum, squares] = [clients * mean, clients * (mean ** 2 + deviation ** 2)];
    tallies.push({ epoch: 0, assignment, metric, subset, clients, events: clients, sum, squares });
  };
  for (const [index, name] of names.entries()) {
    const total = participants * (shares[index] ?? 0);
    for (let at = 0; at < days; at += 1) {
      const day = onDay((today - endedDaysAgo - days + 1 + at) as Day);
      const joined = Math.round(total * ((at + 1) / days)) - Math.round(total * (at / days));
      // A week has its weekends, and alternatives their luck: lines that are too smooth hide how a chart looks.
      const luck = 1 + 0.25 * Math.sin(at * 1.9 + index * 2.3) * Math.exp(-at / 20);
      const converted = Math.min(joined, Math.round(joined * (rates[name] ?? 0) * luck));
      add(assigned(index), PARTICIPATION, day, joined);
      add(assigned(index), 0, day, converted);
      for (const kpi of kpis.keys()) add(assigned(index), kpi + 1, day, Math.round(converted / (kpi + 2)));
    }
  }
  for (const { assignment, metric, clients } of [...tallies]) {
    for (const { dimension, value, part } of partsOf(traffic)) {
      add(assignment, metric, inSegment(dimension, value), Math.round(clients * part));
    }
  }
  add(EXCLUDED, PARTICIPATION, onDay(today), excluded);
  return tallies;
}

/** The values of the dimensions, each twice as frequent as the next one. */
function partsOf({ dimensions = [] }: Traffic) {
  return parseDimensions(dimensions).flatMap(({ values }, dimension) => {
    const whole = 2 ** values.length - 1;
    return values.map((_, at) => ({ dimension, value: at + 1, part: 2 ** (values.length - 1 - at) / whole }));
  });
}
