/** Linking two ids in Redis: what becomes of them is decided here, and written if nothing has changed meanwhile. */
import type { ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
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
      const [its, others] = await Promise.all([
        this.sideOf(experiment, one.client),
        this.sideOf(experiment, other.client),
      ]);
      const plan = planLink(its, others, capsOf(experiment));
      const answer = await this.#write(experiment, plan, new Map([...readBy(its), ...readBy(others)]), [one, other]);
      if (answer === "recap") await finishRecap(this.#connection, this.#keys, experiment);
      if (answer === "changed" || answer === "recap") continue;
      if (answer !== "linked") return { kind: "stale" };
      if (!("writes" in plan)) return plan;
      if (plan.moved !== undefined) await this.#moved.tell(experiment, plan.moved);
      return { kind: plan.kind, assignment: plan.assignment };
    }
    throw new SixpackError("experiment-busy");
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
