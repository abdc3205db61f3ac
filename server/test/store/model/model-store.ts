import { isDeepStrictEqual } from "node:util";
import { sourceOf } from "../../../src/domain/actor.ts";
import type { EventKey } from "../../../src/domain/digest.ts";
import { createdExperiment, type ExperimentDraft } from "../../../src/domain/draft.ts";
import { currentEpochNumber, type Experiment, withForgotten } from "../../../src/domain/experiment.ts";
import { joinedOn, onDay } from "../../../src/domain/subset.ts";
import { NO_CAPS } from "../../../src/domain/tally.ts";
import { type Activities, type Activity, KEPT_MAX } from "../../../src/store/activity.ts";
import type { Leases, Notes } from "../../../src/store/shared-work.ts";
import type {
  Definitions,
  Lives,
  Peek,
  Records,
  RemovedExperiment,
  Store,
  StoreStatus,
  Tallies,
} from "../../../src/store/store.ts";
import {
  type ForeignExperiment,
  isClientLink,
  type PublishOutcome,
  type Transfer,
} from "../../../src/store/transfer.ts";
import {
  bump,
  type Client,
  capsIn,
  cellKey,
  convertedOf,
  count,
  dropLink,
  found,
  isIt,
  type Life,
  moreOf,
  NOTHING_DONE,
  negative,
  partsOf,
  productOf,
  recap,
  recordOf,
  recordsOf,
  type State,
  sumOf,
  takenOutBy,
  talliesOf,
  wayOf,
} from "./model-life.ts";
import { linkIn } from "./model-links.ts";

export class ModelStore implements Store {
  readonly #lives = new Map<number, Life>();
  readonly #live = new Map<string, Life>();
  readonly #notes = new Map<string, Map<string, string>>();
  readonly #leases = new Map<string, { readonly holder: string; readonly untilMs: number }>();
  readonly #activity: Activity[] = [];
  #given = 0;

  readonly transfer: Transfer = {
    stage: async (definition: ForeignExperiment, nowMs) => {
      this.#given += 1;
      const experiment = { ...definition, life: this.#given, version: 1 };
      this.#add(experiment, "staged", nowMs);
      return experiment;
    },
    listStaged: async () => this.#in("staged").map(({ experiment }) => experiment),
    loadRecords: async ({ life }, records) => {
      for (const stored of records) {
        if (isClientLink(stored)) {
          const { client, ...link } = stored;
          this.#lives.get(life)?.links.set(client, link);
          continue;
        }
        const { client, conversions, ...record } = stored;
        const byKpi = conversions.map(({ kpi, ...conversion }) => [kpi, conversion] as const);
        this.#lives.get(life)?.clients.set(client, { ...record, conversions: new Map(byKpi) });
      }
    },
    loadTallies: async ({ life }, recorded, unrecorded) => {
      const stored = this.#lives.get(life);
      for (const tally of recorded) stored?.tallies.set(cellKey(tally), tally);
      for (const tally of unrecorded) stored?.unrecorded.set(cellKey(tally), tally);
    },
    publish: async ({ name, life }, nowMs, replace): Promise<PublishOutcome> => {
      const staged = this.#lives.get(life);
      if (staged?.state !== "staged") return { kind: "missing" };
      const present = this.#live.get(name);
      if (present !== undefined && !replace) return { kind: "taken", experiment: present.experiment };
      return { kind: "published", experiment: this.#bringIn(staged, nowMs) };
    },
    discard: async ({ life }) => {
      if (this.#lives.get(life)?.state === "staged") this.#lives.delete(life);
    },
    exportRecords: ({ life }) => recordsOf(this.#lives.get(life)),
    exportConverted: ({ life }) => convertedOf(this.#lives.get(life)),
    readTallies: async ({ life }) => {
      const stored = this.#lives.get(life);
      return { recorded: [...(stored?.tallies.values() ?? [])], unrecorded: [...(stored?.unrecorded.values() ?? [])] };
    },
  };

  readonly peek: Peek = {
    experiment: (name) => this.#live.get(name)?.experiment,
    assignment: ({ life }, client) => found(this.#lives.get(life), client)?.assignment,
    cacheUsage: () => ({ slots: 0, used: 0 }),
  };

  readonly definitions: Definitions = {
    read: async (name) => this.peek.experiment(name),
    list: async () => [...this.#live.values()].map(({ experiment }) => experiment),
    listUnreadable: async () => [],
    create: async (draft) => {
      const stored = this.peek.experiment(draft.name);
      if (stored !== undefined) return { kind: "taken", experiment: stored };
      return { kind: "made", experiment: this.#begin(draft, 1) };
    },
    change: async (next) => {
      const life = this.#live.get(next.name);
      if (life === undefined) return { kind: "missing" };
      if (!isIt(life, next)) return { kind: "conflict", experiment: life.experiment };
      const before = capsIn(life);
      life.experiment = { ...next, createdAtMs: life.experiment.createdAtMs, version: next.version + 1 };
      if (!isDeepStrictEqual(before, capsIn(life))) recap(life);
      return { kind: "changed", experiment: life.experiment };
    },
  };

  readonly lives: Lives = {
    remove: async (experiment, removedAtMs, successor) => {
      const life = this.#live.get(experiment.name);
      if (life?.experiment.life !== experiment.life) return { kind: "missing" };
      if (!isIt(life, experiment)) return { kind: "conflict" };
      this.#moveAside(life, successor === undefined ? "deleted" : "reset", removedAtMs);
      return { kind: "removed", successor: successor && this.#begin(successor, experiment.version + 1) };
    },
    listRemoved: async () => {
      return [...this.#lives.values()].flatMap(({ experiment, state, sinceMs }) =>
        state === "reset" || state === "deleted" ? [{ experiment, removedAtMs: sinceMs, how: state }] : [],
      );
    },
    restore: async (name, life, nowMs) => {
      const stored = this.#lives.get(life);
      const isRemoved = stored?.state === "reset" || stored?.state === "deleted";
      return isRemoved && stored.experiment.name === name ? this.#bringIn(stored, nowMs) : undefined;
    },
    sweep: async (removedUntilMs) => {
      const due = [...this.#lives.values()].filter(
        ({ state, sinceMs }) => state !== "live" && sinceMs <= removedUntilMs,
      );
      for (const { experiment } of due) this.#lives.delete(experiment.life);
      return due.length;
    },
  };

  readonly records: Records = {
    read: async (experiment, client) => this.peek.assignment(experiment, client),
    find: async ({ life }, client) => {
      const stored = this.#lives.get(life);
      const known = found(stored, client);
      const owner = stored && wayOf(stored, client).at(-1);
      return known && recordOf(owner ?? client, { ...known, id: undefined });
    },
    participate: async (participation) => {
      const { experiment, client, proposal, day, segments, covariate, id } = participation;
      const life = this.#live.get(experiment.name);
      if (life?.experiment.life !== experiment.life) return { kind: "stale" };
      const known = found(life, client);
      const byLink = wayOf(life, client).length > 1;
      if (known !== undefined) {
        return { kind: "existing", assignment: known.assignment, ...(byLink ? { byLink } : {}) };
      }
      if (!isIt(life, experiment)) return { kind: "stale" };
      const epoch = currentEpochNumber(life.experiment);
      const frozen = { ...(segments && { segments }), ...(covariate !== undefined && { covariate }) };
      // What lay under the client before was a link to nobody; its raw id is this client's.
      const record: Client = {
        assignment: proposal,
        epoch,
        day,
        ...frozen,
        id: id ?? life.links.get(client)?.id,
        conversions: new Map(),
      };
      dropLink(life, client);
      life.clients.set(client, record);
      for (const tally of talliesOf(record, capsIn(life))) count(life, tally);
      return { kind: "recorded", assignment: proposal };
    },
    convert: async (conversion) => {
      const { experiment, client, kpi, day, value, event } = conversion;
      const life = this.#live.get(experiment.name);
      if (life === undefined || !isIt(life, experiment)) return { kind: "stale" };
      const known = found(life, client);
      if (known === undefined || known.assignment.kind === "excluded") return { kind: "not-participating" };
      const { assignment, epoch } = known;
      const { windowDays = Number.POSITIVE_INFINITY } = life.experiment.kpis[kpi] ?? {};
      if (day > known.day + windowDays) return { kind: "too-late", assignment };
      if (event !== undefined) {
        if (life.events.has(event.key)) return { kind: "duplicate", assignment };
        life.events.add(event.key);
      }
      const before = known.conversions.get(kpi) ?? { day, ...NOTHING_DONE };
      const clients = before.events === 0 ? 1 : 0;
      const record = { day: before.day, events: before.events + 1, total: before.total + value };
      const squares = record.total ** 2 - before.total ** 2;
      known.conversions.set(kpi, record);
      for (const subset of [onDay(day), joinedOn(known.day), ...partsOf(known)]) {
        count(life, { epoch, assignment, metric: kpi, subset, clients, events: 1, sum: value, squares });
      }
      for (const tally of productOf(known, kpi, clients, value)) count(life, tally);
      for (const tally of moreOf(known, capsIn(life), kpi, day, [before, record])) count(life, tally);
      return { kind: clients === 1 ? "converted" : "repeated", assignment };
    },
    link: async (experiment, one, other) => {
      const life = this.#live.get(experiment.name);
      if (life?.experiment.life !== experiment.life) return { kind: "stale" };
      return linkIn(life, one, other);
    },
    forget: async (experiment, ...clients) => {
      const life = this.#lives.get(experiment.life);
      if (life === undefined || !isIt(life, experiment)) return { kind: "stale" };
      const ways = new Set(clients.flatMap((client) => wayOf(life, client)));
      const gone = [...ways].filter((id) => life.links.has(id) || life.clients.has(id));
      if (gone.length === 0) return { kind: "unknown" };
      const wasLinked = gone.some((id) => life.clients.get(id)?.linkDepth !== undefined);
      for (const id of gone) {
        const known = life.clients.get(id);
        for (const tally of known === undefined ? [] : talliesOf(known, capsIn(life))) count(life, negative(tally));
        dropLink(life, id);
        life.clients.delete(id);
      }
      life.experiment = { ...withForgotten(experiment), version: experiment.version + 1 };
      return { kind: "forgotten", experiment: life.experiment, clients: gone, wasLinked };
    },
    free: async ({ name, life }) => {
      const live = this.#live.get(name);
      if (live?.experiment.life !== life || live.experiment.compacted !== true) {
        return { clients: 0, bytes: 0 };
      }
      const clients = live.clients.size + live.links.size;
      live.clients.clear();
      live.links.clear();
      return { clients, bytes: 0 };
    },
  };

  readonly tallies: Tallies = {
    read: async ({ life }) => sumOf(this.#lives.get(life)),
    mark: async ({ life }) => this.#lives.get(life)?.changes ?? 0,
    recount: async ({ life, compacted }) => {
      const stored = this.#lives.get(life);
      if (compacted === true) return sumOf(stored);
      const counted = new Map(stored?.unrecorded);
      for (const client of stored?.clients.values() ?? []) {
        for (const tally of talliesOf(client, stored === undefined ? NO_CAPS : capsIn(stored))) bump(counted, tally);
      }
      for (const link of stored?.links.values() ?? []) {
        for (const tally of takenOutBy(link)) bump(counted, tally);
      }
      return [...counted.values()];
    },
  };

  readonly activity: Activities = {
    append: async (entry) => {
      this.#activity.push(entry);
      const source = sourceOf(entry.actor);
      const alike = this.#activity.filter(({ actor }) => sourceOf(actor) === source);
      if (alike.length > KEPT_MAX[source]) this.#activity.splice(this.#activity.indexOf(alike[0] ?? entry), 1);
    },
    read: async ({ experiment, source, beforeMs, limit }) => {
      return this.#activity
        .filter(({ actor }) => source === undefined || sourceOf(actor) === source)
        .filter((entry) => experiment === undefined || entry.experiment === experiment)
        .filter((entry) => beforeMs === undefined || entry.atMs < beforeMs)
        .reverse()
        .slice(0, limit);
    },
  };

  readonly leases: Leases = {
    claim: async (lease, holder, ttlMs) => {
      const held = this.#leases.get(lease);
      if (held !== undefined && held.untilMs > performance.now() && held.holder !== holder) return false;
      this.#leases.set(lease, { holder, untilMs: performance.now() + ttlMs });
      return true;
    },
  };

  readonly notes: Notes = {
    read: async (family) => new Map(this.#notes.get(family)),
    swap: async (family, name, before, after) => {
      const notes = this.#notes.get(family) ?? new Map<string, string>();
      this.#notes.set(family, notes);
      if ((notes.get(name) ?? null) !== before) return false;
      if (after === null) notes.delete(name);
      else notes.set(name, after);
      return true;
    },
  };

  readonly status = async (): Promise<StoreStatus> => ({
    engine: "memory",
    summary: "in memory, gone when the server stops",
  });
  readonly ping = async (): Promise<void> => {};
  readonly probe = async (): Promise<void> => {};
  readonly close = async (): Promise<void> => {};

  #in(state: State): readonly Life[] {
    return [...this.#lives.values()].filter((life) => life.state === state);
  }

  #begin(draft: ExperimentDraft, version: number): Experiment {
    this.#given += 1;
    const experiment = createdExperiment(draft, this.#given, version);
    this.#live.set(draft.name, this.#add(experiment, "live", 0));
    return experiment;
  }

  #add(experiment: Experiment, state: State, sinceMs: number): Life {
    const empty = {
      clients: new Map(),
      links: new Map(),
      tallies: new Map(),
      unrecorded: new Map(),
      events: new Set<EventKey>(),
    };
    const life: Life = { experiment, state, sinceMs, ...empty, changes: 0 };
    this.#lives.set(experiment.life, life);
    return life;
  }

  #moveAside(life: Life, state: RemovedExperiment["how"], sinceMs: number): void {
    life.state = state;
    life.sinceMs = sinceMs;
    this.#live.delete(life.experiment.name);
    // Lives that are aside are listed in the order in which they were moved there.
    this.#lives.delete(life.experiment.life);
    this.#lives.set(life.experiment.life, life);
  }

  /** Makes a life that is aside the live one; the one that is live by then is moved aside. */
  #bringIn(life: Life, nowMs: number): Experiment {
    const { name, version } = life.experiment;
    const present = this.#live.get(name);
    if (present !== undefined) this.#moveAside(present, "reset", nowMs);
    life.experiment = { ...life.experiment, version: Math.max(version, present?.experiment.version ?? 0) + 1 };
    life.state = "live";
    this.#live.set(name, life);
    return life.experiment;
  }
}
