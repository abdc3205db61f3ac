/**
 * Tells facts: by a line in the activity log, and a message for each webhook that wants it. One process does it for all
 * of them, by a lease. A fact is marked as told once both are stored. If a process dies before that, the next round
 * repeats it, and a message that is already stored is not added again.
 */
import { SERVER_ACTOR } from "../../domain/actor.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { type Fact, factId, factOf, noticedAction } from "../../domain/fact.ts";
import { untoldFacts, withTold } from "../../domain/noticed.ts";
import { dayText } from "../../domain/period.ts";
import { DIGEST, headersFor, hears, type Posted, type Webhook } from "../../domain/webhook.ts";
import type { Store } from "../../store/store.ts";
import { changeDefinition } from "../change.ts";
import { eachExperiment, type Failure } from "../each-experiment.ts";
import { digestsOf, readLog } from "./daily-digest.ts";
import { type Delivery, type Kept, Outbox, WAIT_MAX_MS } from "./outbox.ts";

/** How often a process looks, in milliseconds. */
export const HERALD_INTERVAL_MS = 5_000;

/** How long a process may take before another may tell, in milliseconds: longer than a try takes. */
const LEASE_MS = 30_000;

/** Messages sent at once to one receiver. */
const SENDING_MAX = 8;

/** Family and name of the note that holds the day up to which digests were sent. */
const DIGESTS = "digests";

/** What people read of a message that waited when its experiment was muted. It is as old news as what happened since. */
const MUTED = "not sent: the experiment is muted";

/** Newest entries of the log that are searched for a fact that may have been told. */
const RECENT_MAX = 50;

export type Post = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<Posted>;

export interface HeraldParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly webhooks: readonly Webhook[];
  readonly post: Post;
  /** Names this process among those on the store. */
  readonly holder: string;
  /** Called with each message that a receiver refused. */
  readonly onRefused: (delivery: Delivery, last: string) => void;
}

export class Herald {
  readonly #parts: HeraldParts;
  readonly #outbox: Outbox;
  /** Read from the store once a day. */
  #digestedDay = Number.NEGATIVE_INFINITY;

  constructor(parts: HeraldParts) {
    this.#parts = parts;
    this.#outbox = new Outbox(parts.store);
  }

  /** One round; nothing where another process tells. @throws SixpackError store-unavailable */
  async round(): Promise<readonly Failure[]> {
    const { store, holder } = this.#parts;
    // Taking a lease is a write, so it is taken only if there is something to do.
    if (!(await this.#hasWork())) return [];
    if (!(await store.leases.claim("alerts", holder, LEASE_MS))) return [];
    const failed = await eachExperiment(store, (experiment) => this.#tell(experiment));
    await this.#digest();
    await this.#deliver();
    return failed;
  }

  async #hasWork(): Promise<boolean> {
    const { store, webhooks } = this.#parts;
    if ((await store.definitions.list()).some((experiment) => untoldFacts(experiment).length > 0)) return true;
    if (webhooks.length === 0) return false;
    return (
      (await this.#undigested()) !== undefined ||
      (await this.#outbox.list()).some(({ delivery }) => this.#isDue(delivery))
    );
  }

  /**
   * The note of the day up to which digests were sent, where that is not today; `null` before the first. A day that lies
   * ahead is of a clock that was set back since: to wait for that day could take years.
   */
  async #undigested(): Promise<string | null | undefined> {
    const { store, clock } = this.#parts;
    const today = clock.today();
    if (this.#digestedDay === today) return undefined;
    const text = (await store.notes.read(DIGESTS)).get(DIGESTS) ?? null;
    if (dayIn(text) !== today) return text;
    this.#digestedDay = today;
    return undefined;
  }

  /** Messages first and the note after them: a process that dies between has them put again, which changes nothing. */
  async #digest(): Promise<void> {
    const text = await this.#undigested();
    if (text === undefined) return;
    const { store, clock, webhooks } = this.#parts;
    const today = clock.today();
    // What was done before the first webhook is no news; nor is what nobody knows to be untold.
    const from = dayIn(text) ?? today;
    const listening = from >= today ? [] : webhooks.filter((webhook) => hears(webhook, DIGEST));
    const log = listening.length === 0 ? [] : await readLog(store, {});
    const muted = await this.#muted();
    for (const webhook of listening) {
      const untold = log.filter(({ action, experiment }) => {
        const kind = factOf(action);
        return !muted.has(experiment) && (kind === undefined || !hears(webhook, kind));
      });
      for (const { day, title, text: sentence, atMs } of digestsOf(untold, clock)) {
        if (day < from) continue;
        const message = {
          kind: DIGEST,
          experiment: null,
          subject: "",
          sentence: `${title}: ${sentence}`,
          atMs,
        } as const;
        await this.#outbox.put(`digest_${dayText(day)}`, webhook, message, clock.nowMs());
      }
    }
    await store.notes.swap(DIGESTS, DIGESTS, text, String(today));
  }

  /** If the clock was set back, messages must not wait longer than planned. */
  #isDue({ nextAtMs }: Delivery): boolean {
    const waitMs = nextAtMs === null ? Number.NaN : nextAtMs - this.#parts.clock.nowMs();
    return waitMs <= 0 || waitMs > WAIT_MAX_MS;
  }

  async #tell(experiment: Experiment): Promise<void> {
    const { store, clock, webhooks } = this.#parts;
    const untold = untoldFacts(experiment);
    if (untold.length === 0) return;
    for (const fact of untold) {
      await this.#log(experiment, fact);
      if (experiment.muted === true) continue;
      for (const webhook of webhooks) {
        if (!hears(webhook, fact.kind)) continue;
        const message = { ...fact, experiment: experiment.name };
        await this.#outbox.put(factId(experiment, fact), webhook, message, clock.nowMs());
      }
    }
    await changeDefinition(store, experiment.name, (stored) => withTold(stored, untold));
  }

  /** A process may have died after writing the entry and before marking the fact. */
  async #log({ name }: Experiment, { kind, sentence, atMs }: Fact): Promise<void> {
    const { activity } = this.#parts.store;
    const recent = await activity.read({ experiment: name, source: "server", limit: RECENT_MAX });
    const entry = {
      experiment: name,
      actor: SERVER_ACTOR,
      action: noticedAction(kind),
      before: null,
      after: sentence,
      atMs,
    };
    if (!recent.some((one) => one.atMs === atMs && one.action === entry.action && one.after === sentence)) {
      await activity.append(entry);
    }
  }

  async #deliver(): Promise<void> {
    const all = await this.#outbox.list();
    // The oldest first, and so many to each receiver: one that hangs keeps no other waiting.
    const sending = new Map<string, number>();
    const due = all.toReversed().filter(({ delivery }) => {
      const before = sending.get(delivery.webhook) ?? 0;
      if (before === SENDING_MAX || !this.#isDue(delivery)) return false;
      sending.set(delivery.webhook, before + 1);
      return true;
    });
    const muted = due.length === 0 ? new Set<string | null>() : await this.#muted();
    await Promise.all(
      due.map((kept) => (muted.has(kept.delivery.experiment) ? this.#outbox.giveUp(kept, MUTED) : this.#send(kept))),
    );
    await this.#outbox.prune(all);
  }

  async #muted(): Promise<ReadonlySet<string | null>> {
    const all = await this.#parts.store.definitions.list();
    return new Set(all.flatMap(({ name, muted }) => (muted === true ? [name] : [])));
  }

  async #send(kept: Kept): Promise<void> {
    const { clock, webhooks, post, onRefused } = this.#parts;
    const webhook = webhooks.find(({ id }) => id === kept.delivery.webhook);
    const taken = await this.#outbox.take(kept, clock.nowMs());
    if (taken === undefined) return;
    const { id, body } = taken.delivery;
    const posted =
      webhook === undefined
        ? { delivered: false, last: "this webhook is not configured any more" }
        : await post(webhook.url, headersFor(webhook.secret, id, body, clock.nowMs()), body);
    if (!posted.delivered) onRefused(taken.delivery, posted.last);
    await this.#outbox.settle(taken, posted, clock.nowMs());
  }
}

/** `undefined` where there is none, or none that can be read: somebody wrote it by hand, or it was damaged. */
function dayIn(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
