/** Heralds and a receiver of what they tell, at a time that the test sets. */
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Clock } from "../../../src/domain/clock.ts";
import { dayOf } from "../../../src/domain/period.ts";
import { secretBytes, type Webhook, type WebhookFormat, webhookId } from "../../../src/domain/webhook.ts";
import { poster } from "../../../src/ops/post.ts";
import { Herald, type HeraldParts } from "../../../src/service/alerts/herald.ts";
import type { Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import { Receiver } from "../../support/receiver.ts";

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
export const MINUTE_MS = 60_000;

/** At noon: a digest of the day goes out at midnight. */
const NOON_MS = Date.UTC(2026, 0, 15, 12);
export const time = { nowMs: NOON_MS };
export const clock: Clock = {
  nowMs: () => time.nowMs,
  today: () => dayOf(time.nowMs),
  dayAt: (atMs) => dayOf(atMs),
  offsetAt: () => 0,
};

/** Of this file, from `receive` on. */
export let receiver: Receiver;

/** Starts the receiver of a file. Before each test it is noon, and nothing has come. */
export function receive(): void {
  beforeAll(async () => {
    receiver = await Receiver.start();
  });
  beforeEach(() => {
    time.nowMs = NOON_MS;
    receiver.received.length = 0;
    receiver.answer = (response) => response.writeHead(204).end();
  });
  afterAll(() => receiver.stop());
}

export function webhook(format: WebhookFormat = "json", more: Partial<Webhook> = {}): Webhook {
  const url = `${receiver.url}/${format}`;
  return { id: webhookId(url), url, secret: secretBytes(SECRET), events: undefined, format, ...more };
}

let heralds = 0;
export function heraldOn(
  store: Store,
  webhooks: readonly Webhook[] = [webhook()],
  onRefused: HeraldParts["onRefused"] = () => {},
): Herald {
  heralds += 1;
  const holder = holderOf(heralds);
  return new Herald({ store, clock, webhooks, post: poster({ privateAllowed: true }), holder, onRefused });
}

/** Lets the lease of the newest herald run out, as if its process had died. */
export async function letDie(store: Store): Promise<void> {
  await store.leases.claim("alerts", holderOf(heralds), 0);
}

function holderOf(number: number): string {
  return `herald ${number}`;
}

/** Has something to tell of an experiment. */
export async function noticing(store: Store, subject = "a", name = "button"): Promise<void> {
  const experiment = (await store.definitions.read(name)) ?? (await make.created(store, make.draft({ name })));
  await make
    .context({ store, clock })
    .analyst.noteFacts(experiment, [{ kind: "harm", subject, sentence: `${subject} is shown worse.` }]);
}

export const idsReceived = () => receiver.received.map(({ headers }) => String(headers["webhook-id"]));
