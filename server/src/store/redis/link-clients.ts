/** Linking two ids in Redis: what becomes of them is decided here, and written if nothing has changed meanwhile. */
import type { ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Tally } from "../../domain/tally.ts";
import { type LinkedClient, type LinkOutcome, planLink, type Side } from "../link-plan.ts";
import { decodeLink, decodeRecord, encodeLink, encodeRecord, isLink } from "../record-codec.ts";
import { isClientLink } from "../transfer.ts";
import type { RedisConnection } from "./client.ts";
import type { Keys } from "./keys.ts";
import type { Moved } from "./moved.ts";
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

/** What was found under a client, and what is to lie there; empty for what is not there, and for what stays. */
interface Looked {
  readonly bytes: Buffer;
  readonly next: Buffer;
  readonly id: string;
}

export class Links {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #moved: Moved;

  constructor(connection: RedisConnection, keys: Keys, moved: Moved) {
    this.#connection = connection;
    this.#keys = keys;
    this.#moved = moved;
  }

  async sideOf(experiment: Experiment, client: ClientKey): Promise<SideRead> {
    const { records } = this.#keys.life(experiment);
    const reply = await this.#connection.run(SCRIPTS.record, [records], Buffer.from(client, "latin1"));
    const [own = NOTHING, counting = NOTHING, owner = NOTHING] = arrayIn(reply).map(bytesIn);
    const whose = owner.toString("latin1") as ClientKey;
    return {
      client,
      record: counting.length === 0 ? undefined : { client: whose, ...decodeRecord(counting) },
      link: own.length > 0 && isLink(own) ? decodeLink(own) : undefined,
      own,
      counting,
    };
  }

  /** @throws SixpackError experiment-busy */
  async link(experiment: Experiment, one: LinkedClient, other: LinkedClient): Promise<LinkOutcome> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const sides = await Promise.all([one, other].map(({ client }) => this.sideOf(experiment, client)));
      const outcome = await this.#attempt(experiment, sides, [one, other]);
      if (outcome !== undefined) return outcome;
    }
    throw new SixpackError("experiment-busy");
  }

  /** `undefined` where something was changed meanwhile. */
  async #attempt(
    experiment: Experiment,
    sides: readonly SideRead[],
    ids: readonly LinkedClient[],
  ): Promise<LinkOutcome | undefined> {
    const [one, other] = sides;
    const plan = one && other && planLink(one, other);
    const looked = new Map<ClientKey, Looked>();
    const read = new Map(sides.flatMap(readBy));
    if (plan !== undefined && plan.writes.length > 0) {
      for (const [client, bytes] of read) looked.set(client, { bytes, next: NOTHING, id: "" });
    }
    for (const stored of plan?.writes ?? []) {
      const bytes = read.get(stored.client) ?? NOTHING;
      const next = isClientLink(stored) ? encodeLink(stored) : encodeRecord(stored, stored.conversions);
      const given = ids.find(({ client }) => client === stored.client)?.id ?? "";
      looked.set(stored.client, { bytes, next, id: bytes.length === 0 ? given : "" });
    }
    const answer = await this.#write(experiment, looked, plan?.tallies ?? []);
    if (answer === "changed") return undefined;
    if (answer !== "linked") return { kind: "stale" };
    if (plan === undefined) return { kind: "unknown" };
    if (plan.moved !== undefined) await this.#moved.tell(experiment, plan.moved);
    return { kind: plan.kind, assignment: plan.assignment };
  }

  async #write(
    experiment: Experiment,
    looked: ReadonlyMap<ClientKey, Looked>,
    tallies: readonly Tally[],
  ): Promise<string> {
    const { definition, records, tallies: cells, ids } = this.#keys.life(experiment);
    const clients = [...looked].flatMap(([client, { bytes, next, id }]) => [
      Buffer.from(client, "latin1"),
      bytes,
      next,
      id,
    ]);
    const fields = tallies.flatMap(fieldsOf).flat();
    const args = [ids, String(looked.size), ...clients, ...fields];
    return textIn(await this.#connection.run(SCRIPTS.link, [definition, records, cells], ...args));
  }
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
