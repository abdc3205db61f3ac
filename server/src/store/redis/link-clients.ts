/**
 * Linking two ids in Redis: what becomes of them is decided here, and written if nothing has changed meanwhile. Links of this
 * process to one record go one after the other: each would find changed what it has just read.
 */
import type { ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
import { KeyedTurns } from "../../lib/keyed-turns.ts";
import { type LinkedClient, type LinkOutcome, type LinkPlan, type NoLink, planLink, type Side } from "../link-plan.ts";
import { decodeLink, decodeRecord, encodeLink, encodeRecord, isLink } from "../record-codec.ts";
import { isClientLink, type StoredClient } from "../transfer.ts";
import type { RedisConnection } from "./client.ts";
import type { Keys } from "./keys.ts";
import type { Moved } from "./moved.ts";
import { packKnown } from "./packing.ts";
import { finishRecap } from "./recap.ts";
import { arrayIn, bytesIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";
import { fieldsOf } from "./tallies.ts";

/** Others may write the same records; each attempt that fails says that one of them got through. */
const ATTEMPTS_MAX = 50;

const NOTHING = Buffer.alloc(0);

/** A side with the bytes that were read, by which a change of them is noticed. */
interface SideRead extends Side {
  readonly own: Buffer;
  readonly counting: Buffer;
}

export class Links {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #moved: Moved;
  readonly #turns = new KeyedTurns();

  constructor(connection: RedisConnection, keys: Keys, moved: Moved) {
    this.#connection = connection;
    this.#keys = keys;
    this.#moved = moved;
  }

  async sideOf(experiment: Experiment, client: ClientKey): Promise<SideRead> {
    const { definition, records } = this.#keys.life(experiment);
    const args = [packKnown(experiment), Buffer.from(client, "latin1")];
    const reply = await this.#connection.run(SCRIPTS.record, [definition, records], ...args);
    const [own = NOTHING, counting = NOTHING, owner = NOTHING] = arrayIn(reply).map(bytesIn);
    const whose = owner.toString("latin1") as ClientKey;
    return {
      client,
      record: owner.length === 0 ? undefined : { client: whose, ...decodeRecord(counting) },
      link: own.length > 0 && isLink(own) ? decodeLink(own) : undefined,
      own,
      counting,
    };
  }

  /** @throws SixpackError experiment-busy, experiment-unreadable */
  async link(experiment: Experiment, one: LinkedClient, other: LinkedClient): Promise<LinkOutcome> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const sides = await this.#sidesOf(experiment, one, other);
      const records = sides.map(({ client, record }) => `${experiment.life}:${record?.client ?? client}`);
      const linked = await this.#turns.run(records, async (hasWaited) => {
        const now = hasWaited ? await this.#sidesOf(experiment, one, other) : sides;
        return this.#linkAsRead(experiment, now, [one, other]);
      });
      if (linked === "changed") continue;
      if (linked.moved !== undefined) await this.#moved.tell(experiment, linked.moved);
      return linked.outcome;
    }
    throw new SixpackError("experiment-busy");
  }

  #sidesOf(experiment: Experiment, one: LinkedClient, other: LinkedClient): Promise<readonly [SideRead, SideRead]> {
    return Promise.all([this.sideOf(experiment, one.client), this.sideOf(experiment, other.client)]);
  }

  async #linkAsRead(
    experiment: Experiment,
    [its, others]: readonly [SideRead, SideRead],
    ids: readonly LinkedClient[],
  ): Promise<{ readonly outcome: LinkOutcome; readonly moved?: ClientKey | undefined } | "changed"> {
    const plan = planLink(its, others, capsOf(experiment));
    const answer = await this.#write(experiment, plan, new Map([...readBy(its), ...readBy(others)]), ids);
    if (answer === "recap") await finishRecap(this.#connection, this.#keys, experiment);
    if (answer === "changed" || answer === "recap") return "changed";
    if (answer !== "linked") return { outcome: { kind: "stale" } };
    if (!("writes" in plan)) return { outcome: plan };
    return { outcome: { kind: plan.kind, assignment: plan.assignment }, moved: plan.moved };
  }

  /**
   * What the script answers. Where nothing is to be written, it says whether the life is live.
   * @param read what was found under each client
   */
  async #write(
    experiment: Experiment,
    plan: LinkPlan | NoLink,
    read: ReadonlyMap<ClientKey, Buffer>,
    ids: readonly LinkedClient[],
  ): Promise<string> {
    const { definition, records, tallies, ids: idTable } = this.#keys.life(experiment);
    const { writes, tallies: counted } = "writes" in plan ? plan : NO_PLAN;
    const looked = writes.length === 0 ? [] : [...read];
    const clients = looked.flatMap(([client, bytes]) => {
      const stored = writes.find((one) => one.client === client);
      const id = stored === undefined || bytes.length > 0 ? undefined : ids.find((one) => one.client === client)?.id;
      return [Buffer.from(client, "latin1"), bytes, stored === undefined ? NOTHING : encoded(stored), id ?? ""];
    });
    const args = [
      idTable,
      String(experiment.version),
      String(looked.length),
      ...clients,
      ...counted.flatMap(fieldsOf).flat(),
    ];
    return textIn(await this.#connection.run(SCRIPTS.link, [definition, records, tallies], ...args));
  }
}

const NO_PLAN: Pick<LinkPlan, "writes" | "tallies"> = { writes: [], tallies: [] };

function encoded(stored: StoredClient): Buffer {
  return isClientLink(stored) ? encodeLink(stored) : encodeRecord(stored, stored.conversions);
}

/** What was read under which client. */
function readBy({ client, record, own, counting }: SideRead): [ClientKey, Buffer][] {
  return record === undefined
    ? [[client, own]]
    : [
        [client, own],
        [record.client, counting],
      ];
}
