/**
 * Client records and the tallies that count them: each verb decides and puts both in one turn of the event loop, and
 * tells its caller when they are on disk.
 */
import type { Assignment } from "../../domain/assignment.ts";
import type { ClientKey } from "../../domain/digest.ts";
import { currentEpochNumber, type Experiment } from "../../domain/experiment.ts";
import { capsOf, isTooLate } from "../../domain/kpi-definition.ts";
import { addConversion, eventCounts, joiningCounts } from "../../domain/tally.ts";
import type { AssignmentCache } from "../assignment-cache.ts";
import type { LinkedClient, LinkOutcome } from "../link-plan.ts";
import { decodeConversion, encodeConversion, encodeJoining } from "../record-codec.ts";
import type {
  CacheUsage,
  Conversion,
  ConversionOutcome,
  ForgetOutcome,
  Freed,
  Participation,
  ParticipationOutcome,
  Records as StoreRecords,
} from "../store.ts";
import type { ClientRecord } from "../transfer.ts";
import type { Database } from "./database.ts";
import { Erasure } from "./erase.ts";
import type { Events } from "./events.ts";
import { findRecord, findWays, findWholeRecord } from "./find-record.ts";
import { forgetClients, freeRecords } from "./forget-client.ts";
import type { GroupCommit } from "./group-commit.ts";
import { conversionKey, encodeId, idKey, recordKey } from "./keys.ts";
import type { KnownClients } from "./known-clients.ts";
import { linkClients, takeLinkOut } from "./link-clients.ts";
import type { Lives } from "./lives.ts";
import type { Recaps } from "./recap.ts";
import type { Cells } from "./tally-cells.ts";

export class Records implements StoreRecords {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #cells: Cells;
  readonly #lives: Lives;
  readonly #events: Events;
  readonly #recaps: Recaps;
  readonly #cache: AssignmentCache;
  readonly #known: KnownClients;
  readonly #erasure: Erasure;

  constructor(
    database: Database,
    commit: GroupCommit,
    cells: Cells,
    lives: Lives,
    events: Events,
    recaps: Recaps,
    cache: AssignmentCache,
    known: KnownClients,
  ) {
    this.#recaps = recaps;
    this.#database = database;
    this.#commit = commit;
    this.#cells = cells;
    this.#lives = lives;
    this.#events = events;
    this.#cache = cache;
    this.#known = known;
    this.#erasure = new Erasure(database, commit);
  }

  get cacheUsage(): CacheUsage {
    return this.#cache.usage;
  }

  /** The assignment if it is remembered; after `undefined` read the record. */
  peek(experiment: Experiment, client: ClientKey): Assignment | undefined {
    return this.#cache.get(experiment.life, client);
  }

  async read(experiment: Experiment, client: ClientKey): Promise<Assignment | undefined> {
    return findRecord(this.#commit, this.#lives.current(experiment), client)?.joined.assignment;
  }

  async find(experiment: Experiment, client: ClientKey): Promise<ClientRecord | undefined> {
    return findWholeRecord(this.#commit, this.#lives.current(experiment), client);
  }

  async participate(participation: Participation): Promise<ParticipationOutcome> {
    const { experiment, client, proposal, id } = participation;
    const { life, name, version } = experiment;
    const stored = this.#lives.get(name);
    if (stored?.life !== life) return { kind: "stale" };
    const { forgets } = this.#cache;
    const remember = (assignment: Assignment): void => {
      // While the disk was waited for, the client may have been linked to another one.
      if (this.#cache.forgets === forgets) this.#cache.set(life, client, assignment);
    };
    const links: ClientKey[] = [];
    const known = findRecord(this.#commit, stored, client, links);
    if (known !== undefined) {
      // The record, or the link to it, may not be on disk yet; callers are told only when it is.
      if (this.#isUnderWay(life, client) || this.#isUnderWay(life, known.client)) await this.#commit.committed();
      const { assignment } = known.joined;
      // What a link leads to may change; it is looked up each time.
      if (known.client !== client) return { kind: "existing", assignment, byLink: true };
      remember(assignment);
      return { kind: "existing", assignment };
    }
    if (stored.version !== version) return { kind: "stale" };
    const epoch = currentEpochNumber(stored);
    // A link that leads to nobody any more gives its place up.
    if (links.length > 0) takeLinkOut(this.#commit, this.#cells, life, client);
    this.#commit.put(recordKey(life, client), encodeJoining(proposal, epoch, participation));
    if (id !== undefined) this.#commit.put(idKey(life, client), encodeId(id));
    this.#cells.add(life, { epoch, assignment: proposal }, joiningCounts(participation));
    await this.#commit.committed();
    remember(proposal);
    return { kind: "recorded", assignment: proposal };
  }

  async convert(conversion: Conversion): Promise<ConversionOutcome> {
    const { experiment, client, kpi, day, value, event } = conversion;
    const { life, name, version } = experiment;
    const stored = this.#lives.get(name);
    if (stored?.life !== life || stored.version !== version) return { kind: "stale" };
    const participant = findRecord(this.#commit, stored, client);
    if (participant === undefined || participant.joined.assignment.kind === "excluded") {
      return { kind: "not-participating" };
    }
    const { assignment, day: joined } = participant.joined;
    const definition = stored.kpis[kpi];
    if (definition !== undefined && isTooLate(definition, joined, day)) return { kind: "too-late", assignment };
    const key = conversionKey(life, participant.client, kpi);
    const bytes = this.#commit.get(key);
    const before = bytes && decodeConversion(bytes);
    if (event !== undefined && !this.#events.isNew(life, event)) {
      // The first event may not be on disk yet.
      await this.#commit.committed();
      return { kind: "duplicate", assignment };
    }
    const after = addConversion(before, day, value);
    this.#recaps.touch(life, participant.client);
    this.#commit.put(key, encodeConversion(after));
    const counted = eventCounts(participant.joined, { kpi, day, before, after }, capsOf(stored));
    this.#cells.add(life, participant.joined, counted);
    await this.#commit.committed();
    return { kind: before === undefined ? "converted" : "repeated", assignment };
  }

  async link(experiment: Experiment, one: LinkedClient, other: LinkedClient): Promise<LinkOutcome> {
    const stored = this.#lives.get(experiment.name);
    if (stored?.life !== experiment.life) return { kind: "stale" };
    const plan = linkClients(this.#commit, this.#cells, this.#recaps, stored, one, other);
    if (!("writes" in plan)) return plan;
    if (plan.moved !== undefined) this.#known.forget(experiment.life, plan.moved);
    // A record that is on its way to disk only may be what both stand for.
    await this.#commit.committed();
    return { kind: plan.kind, assignment: plan.assignment };
  }

  async forget(experiment: Experiment, ...clients: readonly ClientKey[]): Promise<ForgetOutcome> {
    const { life } = experiment;
    const ways = () => findWays(this.#commit, this.#lives.current(experiment), clients);
    const forget = () => {
      for (const { client } of ways().records) {
        this.#recaps.touch(life, client);
        this.#known.forget(life, client);
      }
      return forgetClients(this.#commit, this.#cells, this.#lives, experiment, clients);
    };
    const { links, records } = ways();
    const ids = [...links, ...records.map(({ client }) => client)]
      .map((each) => idKey(life, each))
      .filter((key) => this.#commit.get(key) !== undefined);
    if (ids.length > 0) return this.#erasure.around(ids, forget);
    const outcome = forget();
    await this.#commit.committed();
    return outcome;
  }

  async free({ life, name }: Experiment): Promise<Freed> {
    const stored = this.#lives.get(name);
    if (stored?.life !== life || stored.compacted !== true) return { clients: 0, bytes: 0 };
    await this.#commit.committed();
    return freeRecords(this.#database, life);
  }

  #isUnderWay(life: number, client: ClientKey): boolean {
    return this.#commit.pending(recordKey(life, client)) !== undefined;
  }
}
