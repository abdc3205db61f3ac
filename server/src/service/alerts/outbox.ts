/**
 * Messages to send, and those that were sent, as notes in the store: they survive a restart, and each is sent by one
 * process. A note holds the whole message, so that every try sends the same.
 */
import { Type } from "typebox";
import { Check } from "typebox/value";
import { bodyFor, type Message, type Webhook } from "../../domain/webhook.ts";
import { parsedJson } from "../../lib/parsed-json.ts";
import type { Store } from "../../store/store.ts";

const FAMILY = "deliveries";

export interface Delivery {
  /** `webhook-id`: the same at every try. */
  readonly id: string;
  /** `Webhook.id`. */
  readonly webhook: string;
  readonly kind: string;
  readonly experiment: string | null;
  readonly body: string;
  readonly madeAtMs: number;
  readonly tries: number;
  /** Time of the next try; `null` once it was sent or given up. */
  readonly nextAtMs: number | null;
  readonly deliveredAtMs: number | null;
  /** Result of the last try: a status, or what went wrong. */
  readonly last: string | null;
}

const TIME = Type.Number();
const MOMENT = Type.Union([TIME, Type.Null()]);
const TEXT = Type.Union([Type.String(), Type.Null()]);
const DELIVERY = Type.Object({
  id: Type.String(),
  webhook: Type.String(),
  kind: Type.String(),
  experiment: TEXT,
  body: Type.String(),
  madeAtMs: TIME,
  tries: Type.Integer({ minimum: 0 }),
  nextAtMs: MOMENT,
  deliveredAtMs: MOMENT,
  last: TEXT,
} satisfies Record<keyof Delivery, unknown>);

/** Waits between tries, in milliseconds: from a minute to hours, a day in all. */
export const RETRY_AFTER_MS = [1, 2, 5, 15, 60, 180, 360, 360, 360].map((minutes) => minutes * 60_000);

export const WAIT_MAX_MS = Math.max(...RETRY_AFTER_MS);

/** Finished deliveries that are kept for people to see. */
const DONE_KEPT_MAX = 200;

/** After this time a try counts as lost, in milliseconds, and another process may try. */
const TRY_MS = 60_000;

/** One delivery as it is stored; `text` is what the note says, for the next write. */
export interface Kept {
  readonly name: string;
  readonly text: string;
  readonly delivery: Delivery;
}

export class Outbox {
  readonly #notes: Store["notes"];

  constructor({ notes }: Pick<Store, "notes">) {
    this.#notes = notes;
  }

  /** Adds a message unless it exists. */
  async put(id: string, webhook: Webhook, message: Message, nowMs: number): Promise<boolean> {
    const { kind, experiment } = message;
    const delivery: Delivery = {
      ...{ id, webhook: webhook.id, kind, experiment, body: bodyFor(webhook.format, message) },
      ...{ madeAtMs: nowMs, tries: 0, nextAtMs: nowMs, deliveredAtMs: null, last: null },
    };
    return this.#notes.swap(FAMILY, `${id}.${webhook.id}`, null, JSON.stringify(delivery));
  }

  /** All of them, the newest first. What can't be read is left out. */
  async list(): Promise<readonly Kept[]> {
    const notes = await this.#notes.read(FAMILY);
    return [...notes]
      .flatMap(([name, text]): readonly Kept[] => {
        const delivery = deliveryIn(text);
        return delivery === undefined ? [] : [{ name, text, delivery }];
      })
      .sort((a, b) => b.delivery.madeAtMs - a.delivery.madeAtMs || (a.name < b.name ? -1 : 1));
  }

  /** The delivery with one more try under way; `undefined` where another process has taken it. */
  async take(kept: Kept, nowMs: number): Promise<Kept | undefined> {
    const { delivery } = kept;
    return this.#write(kept, { ...delivery, tries: delivery.tries + 1, nextAtMs: nowMs + TRY_MS });
  }

  /** Writes down how a try ended. */
  async settle(
    kept: Kept,
    outcome: { readonly delivered: boolean; readonly last: string },
    nowMs: number,
  ): Promise<void> {
    const { delivery } = kept;
    const waitMs = RETRY_AFTER_MS[delivery.tries - 1];
    await this.#write(kept, {
      ...delivery,
      last: outcome.last,
      deliveredAtMs: outcome.delivered ? nowMs : null,
      nextAtMs: outcome.delivered || waitMs === undefined ? null : nowMs + waitMs,
    });
  }

  /** Ends a message without another try, until somebody asks for one. */
  async giveUp(kept: Kept, last: string): Promise<void> {
    await this.#write(kept, { ...kept.delivery, last, nextAtMs: null });
  }

  /** Has a message that was not taken tried at once, under its id. `false` where there is none, or it was taken. */
  async again(id: string, webhook: string, nowMs: number): Promise<boolean> {
    const kept = (await this.list()).find(({ delivery }) => delivery.id === id && delivery.webhook === webhook);
    if (kept === undefined || kept.delivery.deliveredAtMs !== null) return false;
    return (await this.#write(kept, { ...kept.delivery, nextAtMs: nowMs })) !== undefined;
  }

  /** Deletes the oldest finished deliveries when there are many. */
  async prune(all: readonly Kept[]): Promise<void> {
    const done = all.filter(({ delivery }) => delivery.nextAtMs === null);
    for (const { name, text } of done.slice(DONE_KEPT_MAX)) await this.#notes.swap(FAMILY, name, text, null);
  }

  async #write({ name, text }: Kept, delivery: Delivery): Promise<Kept | undefined> {
    const next = JSON.stringify(delivery);
    return (await this.#notes.swap(FAMILY, name, text, next)) ? { name, text: next, delivery } : undefined;
  }
}

function deliveryIn(text: string): Delivery | undefined {
  const value = parsedJson(text);
  return Check(DELIVERY, value) ? (value as Delivery) : undefined;
}
