/**
 * Client records as the store promises them. Calls of one turn of the event loop share a script call; known clients are
 * answered from memory.
 */
import type { Assignment } from "../../domain/assignment.ts";
import type { ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import { type Experiment, withForgotten } from "../../domain/experiment.ts";
import { type AssignmentCache, cacheLife } from "../assignment-cache.ts";
import { unreadable } from "../kept-bytes.ts";
import type { LinkedClient, LinkOutcome } from "../link-plan.ts";
import {
  type CacheUsage,
  type Conversion,
  type ConversionOutcome,
  EVENT_ID_WINDOW_MS,
  type ForgetOutcome,
  type Freed,
  type Participation,
  type ParticipationOutcome,
  type Records as StoreRecords,
} from "../store.ts";
import type { ClientRecord } from "../transfer.ts";
import { Batcher } from "./call-batch.ts";
import type { RedisConnection } from "./client.ts";
import { bodyArguments } from "./definition.ts";
import type { Definitions } from "./definitions.ts";
import type { Keys } from "./keys.ts";
import { Links } from "./link-clients.ts";
import type { Moved } from "./moved.ts";
import {
  conversionOutcomes,
  type Found,
  idArguments,
  lookupOutcomes,
  type Outcomes,
  packClients,
  packConversions,
  packKnown,
  packParticipations,
  packRules,
  participationOutcomes,
} from "./packing.ts";
import { finishRecap } from "./recap.ts";
import { arrayIn, bytesIn, isText, numberIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";
import { recordBytes, unlinkRecords } from "./walk.ts";

export class Records implements StoreRecords {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #definitions: Definitions;
  readonly #cache: AssignmentCache;
  readonly #links: Links;
  readonly #participations: Batcher<Experiment, Participation, ParticipationOutcome>;
  readonly #conversions: Batcher<Experiment, Conversion, ConversionOutcome>;
  readonly #lookups: Batcher<Experiment, ClientKey, Found>;

  constructor(connection: RedisConnection, keys: Keys, definitions: Definitions, cache: AssignmentCache, moved: Moved) {
    this.#connection = connection;
    this.#keys = keys;
    this.#definitions = definitions;
    this.#cache = cache;
    this.#links = new Links(connection, keys, moved);
    this.#participations = new Batcher((experiment, calls) => this.#participate(experiment, calls));
    this.#conversions = new Batcher((experiment, calls) => this.#convert(experiment, calls));
    this.#lookups = new Batcher((experiment, clients) => this.#lookUp(experiment, clients));
  }

  get cacheUsage(): CacheUsage {
    return this.#cache.usage;
  }

  /** The assignment if it is remembered; after `undefined` read the record. */
  peek(experiment: Experiment, client: ClientKey): Assignment | undefined {
    return this.#cache.get(cacheLife(experiment), client);
  }

  async read(experiment: Experiment, client: ClientKey): Promise<Assignment | undefined> {
    return (await this.#lookups.add(experiment, client)).assignment;
  }

  async find(experiment: Experiment, client: ClientKey): Promise<ClientRecord | undefined> {
    return (await this.#links.sideOf(experiment, client)).record;
  }

  participate(participation: Participation): Promise<ParticipationOutcome> {
    return this.#participations.add(participation.experiment, participation);
  }

  convert(conversion: Conversion): Promise<ConversionOutcome> {
    return this.#conversions.add(conversion.experiment, conversion);
  }

  link(experiment: Experiment, one: LinkedClient, other: LinkedClient): Promise<LinkOutcome> {
    return this.#links.link(experiment, one, other);
  }

  async forget(experiment: Experiment, ...asked: readonly ClientKey[]): Promise<ForgetOutcome> {
    const { name, version } = experiment;
    const { definition, records, ids, tallies } = this.#keys.life(experiment);
    const next = { ...withForgotten(experiment), version: version + 1 };
    const known = [packRules(experiment), packKnown(experiment)];
    const args = [String(version), packClients(asked), ...bodyArguments(next), ids, ...known];
    const run = () => this.#connection.run(SCRIPTS.forget, [definition, records, tallies], ...args);
    let reply = await run();
    for (; isText(reply) && textIn(reply) === "recap"; reply = await run())
      await finishRecap(this.#connection, this.#keys, experiment);
    if (isText(reply) && textIn(reply) === "unreadable")
      throw unreadable("the record of a client", "one that makes no sense");
    if (isText(reply)) return { kind: textIn(reply) === "unknown" ? "unknown" : "stale" };
    // The life may be one that was removed; this remembers what is live under the name, if anything is.
    await this.#definitions.read(name);
    await this.#definitions.touch(name);
    const [wasLinked, gone] = arrayIn(reply);
    const clients = arrayIn(gone).map((client) => bytesIn(client).toString("latin1") as ClientKey);
    return { kind: "forgotten", experiment: next, clients, wasLinked: numberIn(wasLinked) === 1 };
  }

  async free(experiment: Experiment): Promise<Freed> {
    const stored = await this.#definitions.read(experiment.name);
    if (stored?.life !== experiment.life || stored.compacted !== true) return { clients: 0, bytes: 0 };
    const life = this.#keys.life(stored);
    await finishRecap(this.#connection, this.#keys, stored);
    const entries = await this.#connection.send("HGET", life.records, "entries");
    const clients = entries === null ? 0 : numberIn(entries);
    let bytes = 0;
    for (const table of [life.records, life.ids]) bytes += await recordBytes(this.#connection, table);
    await unlinkRecords(this.#connection, life);
    return { clients, bytes };
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    await Promise.all([this.#participations.idle(), this.#conversions.idle(), this.#lookups.idle()]);
  }

  async #participate(experiment: Experiment, calls: readonly Participation[]): Promise<Outcomes<ParticipationOutcome>> {
    const { definition, records, tallies, ids } = this.#keys.life(experiment);
    const packed = packParticipations(calls);
    const known = [String(experiment.version), packKnown(experiment)];
    const args = [...known, String(calls.length), packed, ...idArguments(calls, ids)];
    const remember = this.#remembering(experiment);
    const reply = await this.#connection.run(SCRIPTS.participate, [definition, records, tallies], ...args);
    const outcomes = participationOutcomes(bytesIn(reply));
    outcomes.forEach((outcome, index) => {
      if (outcome instanceof SixpackError || outcome.kind === "stale") return;
      const isByLink = outcome.kind === "existing" && outcome.byLink === true;
      if (!isByLink) remember(calls[index]?.client, outcome.assignment);
    });
    return outcomes;
  }

  async #convert(experiment: Experiment, calls: readonly Conversion[]): Promise<Outcomes<ConversionOutcome>> {
    const { definition, records, tallies, event } = this.#keys.life(experiment);
    const { version } = experiment;
    const known = [packRules(experiment), packKnown(experiment)];
    const args = [String(version), String(EVENT_ID_WINDOW_MS), event, ...known, packConversions(calls)];
    const reply = await this.#connection.run(SCRIPTS.convert, [definition, records, tallies], ...args);
    return conversionOutcomes(bytesIn(reply));
  }

  async #lookUp(experiment: Experiment, clients: readonly ClientKey[]): Promise<Outcomes<Found>> {
    const { definition, records } = this.#keys.life(experiment);
    const args = [packKnown(experiment), packClients(clients)];
    const remember = this.#remembering(experiment);
    const found = lookupOutcomes(bytesIn(await this.#connection.run(SCRIPTS.lookup, [definition, records], ...args)));
    found.forEach((outcome, index) => {
      if (!(outcome instanceof SixpackError || outcome.isByLink)) remember(clients[index], outcome.assignment);
    });
    return found;
  }

  /** Taken before Redis is asked: who was linked meanwhile is not remembered by an answer of before. */
  #remembering(experiment: Experiment) {
    const { forgets } = this.#cache;
    return (client: ClientKey | undefined, assignment: Assignment | undefined): void => {
      if (client === undefined || assignment === undefined || this.#cache.forgets !== forgets) return;
      this.#cache.set(cacheLife(experiment), client, assignment);
    };
  }
}
