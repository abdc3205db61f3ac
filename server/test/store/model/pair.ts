/**
 * An engine and the model, given the same operations. Lives are numbers of each engine's own, so experiments
 * are kept in pairs and compared without them.
 */
import { expect } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import type { EventKey } from "../../../src/domain/digest.ts";
import { withEpoch } from "../../../src/domain/epochs.ts";
import { type Experiment, withDescription, withPaused } from "../../../src/domain/experiment.ts";
import { withKpi } from "../../../src/domain/experiment-kpis.ts";
import { DEFAULT_KPI, type KpiDefinition } from "../../../src/domain/kpi-definition.ts";
import { type AlternativeName, type ClientId, parseKpiName } from "../../../src/domain/names.ts";
import type { Day } from "../../../src/domain/period.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import type { Store } from "../../../src/store/store.ts";
import { isClientLink, type StoredClient } from "../../../src/store/transfer.ts";
import * as make from "../../support/make.ts";
import type { EngineUnderTest } from "../engines/engine.ts";
import { client, named, talliesOf } from "../fixtures.ts";
import { ModelStore } from "./model-store.ts";
import { KPIS, type Operation, type OperationOf } from "./operations.ts";

/** All events of a run lie within the time in which ids are remembered. */
const EVENTS_AT_MS = Date.now();

const FIRST_KPIS: readonly KpiDefinition[] = [
  DEFAULT_KPI,
  ...Array.from({ length: KPIS - 1 }, (_, number) => ({ name: parseKpiName(`kpi-${number}`) })),
];

/** One definition as both know it. */
interface Twin {
  readonly model: Experiment;
  readonly engine: Experiment;
}

export class Pair {
  readonly #model = new ModelStore();
  readonly #engine: EngineUnderTest;
  #store: Store;
  /** Every definition that was ever stored, by name, oldest first. */
  readonly #twins = new Map<string, Twin[]>();

  static async open(engine: EngineUnderTest): Promise<Pair> {
    return new Pair(engine, await engine.open());
  }

  private constructor(engine: EngineUnderTest, store: Store) {
    this.#engine = engine;
    this.#store = store;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async apply(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case "create":
        return this.#create(operation);
      case "change":
        return this.#change(operation);
      case "remove":
        return this.#remove(operation);
      case "restore":
        return this.#restore(operation);
      case "sweep":
        return this.#both((store) => store.lives.sweep(operation.untilMs));
      case "participate":
        return this.#participate(operation);
      case "convert":
        return this.#convert(operation);
      case "crowd":
        return this.#crowd(operation);
      case "look-up":
        return this.#lookUp(operation);
      case "forget":
        return this.#forget(operation);
      case "link":
        return this.#link(operation);
      case "act":
        return this.#act(operation);
      case "reopen":
        if (this.#engine.reopen !== null) this.#store = await this.#engine.reopen(this.#store);
    }
  }

  /** Definitions, removed lives, tallies and the records behind them with their ids, and activity. */
  async compareEverything(): Promise<void> {
    await this.#both(async (store) => ordered((await store.definitions.list()).map(anonymous), (one) => one));
    await this.#both(async (store) => {
      const removed = await store.lives.listRemoved();
      const lives = removed.map((one) => ({ ...one, experiment: anonymous(one.experiment) }));
      return ordered(
        lives.toSorted((left, right) => left.removedAtMs - right.removedAtMs),
        ({ experiment }) => experiment,
      );
    });
    await this.#both((store) => store.activity.read({ limit: 1_000 }));
    for (const { model, engine } of this.#living()) {
      const tallies = await this.#store.tallies.read(engine);
      expect(await talliesOf(this.#store, engine)).toEqual(await talliesOf(this.#model, model));
      expect(tallyDifferences(tallies, await this.#store.tallies.recount(engine))).toEqual([]);
      expect(await recordsOf(this.#store, engine)).toEqual(await recordsOf(this.#model, model));
    }
  }

  async #create({ name, alternatives }: OperationOf<"create">): Promise<void> {
    const names = ["control", "bold", "plain", "loud"].slice(0, alternatives) as string[] as AlternativeName[];
    const made = make.draft({ name, alternatives: names, kpis: FIRST_KPIS });
    this.#keep(await make.created(this.#model, made), await make.created(this.#store, made));
  }

  async #change({ name, back, to }: OperationOf<"change">): Promise<void> {
    const twin = this.#twin(name, back);
    if (twin === undefined) return;
    const model = await this.#model.definitions.change(changed(twin.model, to));
    const engine = await this.#store.definitions.change(changed(twin.engine, to));
    expect(engine.kind).toBe(model.kind);
    if (model.kind !== "missing" && engine.kind !== "missing") this.#keep(model.experiment, engine.experiment);
  }

  async #remove({ name, back, reset, atMs }: OperationOf<"remove">): Promise<void> {
    const twin = this.#twin(name, back);
    if (twin === undefined) return;
    const successor = reset ? make.draft({ name, kpis: FIRST_KPIS }) : undefined;
    const model = await this.#model.lives.remove(twin.model, atMs, successor);
    const engine = await this.#store.lives.remove(twin.engine, atMs, successor);
    expect(engine.kind).toBe(model.kind);
    if (model.kind !== "removed" || engine.kind !== "removed") return;
    expect(engine.successor === undefined).toBe(model.successor === undefined);
    if (model.successor !== undefined && engine.successor !== undefined) this.#keep(model.successor, engine.successor);
  }

  async #restore({ name, which }: OperationOf<"restore">): Promise<void> {
    const twin = this.#twin(name, which);
    if (twin === undefined) return;
    const model = await this.#model.lives.restore(named(name), twin.model.life, 50);
    const engine = await this.#store.lives.restore(named(name), twin.engine.life, 50);
    expect(engine === undefined).toBe(model === undefined);
    if (model !== undefined && engine !== undefined) this.#keep(model, engine);
  }

  /** All calls of the operation at once, as they come in one turn of the event loop. */
  async #participate({ name, back, calls }: OperationOf<"participate">): Promise<void> {
    const twin = this.#twin(name, back);
    if (twin === undefined) return;
    await this.#both((store) =>
      Promise.all(
        calls.map((call) =>
          store.records.participate({
            experiment: this.#side(store, twin),
            client: client(call.client),
            proposal: call.proposal,
            day: (make.DAY + call.day) as Day,
            segments: call.segments.length === 0 ? undefined : call.segments,
            covariate: call.covariate ?? undefined,
            id: call.withId ? (`id-${call.client}` as ClientId) : undefined,
          }),
        ),
      ),
    );
  }

  async #convert({ name, back, calls }: OperationOf<"convert">): Promise<void> {
    const twin = this.#twin(name, back);
    if (twin === undefined) return;
    await this.#both((store) =>
      Promise.all(
        calls.map((call) =>
          store.records.convert({
            experiment: this.#side(store, twin),
            client: client(call.client),
            kpi: call.kpi,
            day: (make.DAY + call.day) as Day,
            value: call.value,
            // Ids of events are told apart by client too, as `eventKey` does.
            ...(call.event === 0 ? {} : { event: { key: eventOf(call.client, call.event), atMs: EVENTS_AT_MS } }),
          }),
        ),
      ),
    );
  }

  async #crowd({ name, from, count }: OperationOf<"crowd">): Promise<void> {
    const calls = Array.from({ length: count }, (_, index) => ({
      client: from + index,
      proposal: assigned((from + index) % 3),
      day: 0,
      withId: index % 2 === 0,
      segments: index % 3 === 0 ? [index % 256] : [],
      covariate: index % 5 === 0 ? index / 8 : null,
    }));
    await this.#participate({ kind: "participate", name, back: 0, calls });
  }

  async #lookUp({ name, client: number }: OperationOf<"look-up">): Promise<void> {
    const twin = this.#twin(name, 0);
    if (twin === undefined || this.#model.peek.experiment(named(name))?.life !== twin.model.life) return;
    const assignment = await this.#model.records.read(twin.model, client(number));
    const peeked = this.#store.peek.assignment(twin.engine, client(number));
    if (peeked !== undefined) expect(peeked).toEqual(assignment);
    expect(await this.#store.records.read(twin.engine, client(number))).toEqual(assignment);
    const definition = this.#store.peek.experiment(named(name));
    if (definition !== undefined) expect(definition).toEqual(twin.engine);
  }

  async #forget({ name, back, clients: numbers }: OperationOf<"forget">): Promise<void> {
    const twin = this.#twin(name, back);
    if (twin === undefined) return;
    const clients = numbers.map(client);
    const model = await this.#model.records.forget(twin.model, ...clients);
    const engine = await this.#store.records.forget(twin.engine, ...clients);
    expect(engine.kind).toBe(model.kind);
    if (model.kind !== "forgotten" || engine.kind !== "forgotten") return;
    expect(engine.clients.toSorted()).toEqual(model.clients.toSorted());
    expect(engine.wasLinked).toBe(model.wasLinked);
    this.#keep(model.experiment, engine.experiment);
  }

  async #link({ name, one, other, withIds }: OperationOf<"link">): Promise<void> {
    const twin = this.#twin(name, 0);
    if (twin === undefined) return;
    const idOf = (number: number) => (withIds ? { id: `id-${number}` as ClientId } : {});
    const known = (number: number) => ({ client: client(number), ...idOf(number) });
    await this.#both((store) => store.records.link(this.#side(store, twin), known(one), known(other)));
    // Said again, the other way round, it changes nothing.
    await this.#both((store) => store.records.link(this.#side(store, twin), known(other), known(one)));
  }

  async #act({ name, atMs }: OperationOf<"act">): Promise<void> {
    const entry = { atMs, experiment: named(name), actor: "api", action: "paused", before: null, after: "yes" };
    await this.#both((store) => store.activity.append(entry));
    await this.#both((store) => store.activity.read({ experiment: named(name), beforeMs: 5, limit: 3 }));
  }

  /** Does the same with both and expects the same answer. */
  async #both(ask: (store: Store) => Promise<unknown>): Promise<void> {
    const expected = await ask(this.#model);
    expect(await ask(this.#store)).toEqual(expected);
  }

  #side(store: Store, twin: Twin): Experiment {
    return store === this.#model ? twin.model : twin.engine;
  }

  #keep(model: Experiment, engine: Experiment): void {
    expect(anonymous(engine)).toEqual(anonymous(model));
    const known = this.#twins.get(model.name) ?? [];
    this.#twins.set(model.name, [...known, { model, engine }]);
  }

  #twin(name: string, back: number): Twin | undefined {
    const known = this.#twins.get(name) ?? [];
    return known.at(-1 - Math.min(back, known.length - 1));
  }

  #living(): readonly Twin[] {
    return [...this.#twins.values()].flatMap((known) => {
      const last = known.at(-1);
      if (last === undefined) return [];
      const stored = this.#model.peek.experiment(last.model.name);
      return known.findLast(({ model }) => model.life === stored?.life) ?? [];
    });
  }
}

function changed(experiment: Experiment, to: OperationOf<"change">["to"]): Experiment {
  switch (to) {
    case "epoch":
      return withEpoch(experiment, { trafficFraction: 0.5 }, "traffic 50%", make.NOW_MS + experiment.version);
    case "description":
      return withDescription(experiment, `after version ${experiment.version}`);
    case "kpi":
      return withKpi(experiment, parseKpiName(`kpi-${(experiment.kpis.length - 1) % (KPIS + 2)}`));
    case "cap":
    case "higher cap":
    case "uncapped":
      return withCapOf(experiment, to === "uncapped" ? undefined : to === "cap" ? 2.5 : 8);
    case "window":
      return { ...experiment, kpis: experiment.kpis.with(0, { name: null, windowDays: 0 }) };
    case "events":
      return experiment.kpis.length < 3
        ? experiment
        : {
            ...experiment,
            kpis: experiment.kpis.map((kpi, number) => (number === 2 ? { ...kpi, counts: "events" } : kpi)),
          };
    default:
      return withPaused(experiment, to === "paused");
  }
}

function withCapOf(experiment: Experiment, amount: number | undefined): Experiment {
  const kpis = experiment.kpis.map(({ cap: _, ...kpi }, number) =>
    number === 1 && amount !== undefined ? { ...kpi, cap: { amount } } : kpi,
  );
  return { ...experiment, kpis };
}

/** In one order; neither clients nor their KPIs have one. */
async function recordsOf(store: Store, experiment: Experiment): Promise<readonly StoredClient[]> {
  const records: StoredClient[] = [];
  for await (const batch of store.transfer.exportRecords(experiment)) records.push(...batch);
  return records
    .map((stored) =>
      isClientLink(stored)
        ? stored
        : { ...stored, conversions: stored.conversions.toSorted((one, other) => one.kpi - other.kpi) },
    )
    .toSorted((one, other) => (one.client < other.client ? -1 : 1));
}

type Anonymous = Omit<Experiment, "life">;

function anonymous(experiment: Experiment): Anonymous {
  const { life: _, ...rest } = experiment;
  return rest;
}

/** Lists have no order of their own; two lives of one name may be alike but for what a definition says. */
function ordered<Entry>(entries: readonly Entry[], experimentOf: (entry: Entry) => Anonymous): readonly Entry[] {
  const key = (entry: Entry) => {
    const { name, version, alternatives, paused, description, kpis, epochs } = experimentOf(entry);
    return JSON.stringify([name, version, alternatives, paused, description, kpis, epochs]);
  };
  return entries.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
}

function eventOf(client: number, event: number): EventKey {
  return `${String(client).padStart(4, "0")}-e-${event}` as EventKey;
}
