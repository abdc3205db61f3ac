/**
 * Tells webhooks that the store takes no writes. Since nothing can be stored then, the process that has the trouble
 * sends the message from memory, again and again until it is received or the store works again.
 */
import { hash } from "node:crypto";
import { bodyFor, headersFor, hears, STORE_TROUBLE, type Webhook } from "../../domain/webhook.ts";
import type { Post } from "./herald.ts";

/** Shorter trouble is not reported, in milliseconds: a failover takes seconds. */
const TOLD_AFTER_MS = 30_000;

/** Pause before those who have not taken the message are told again, in milliseconds. */
const AGAIN_AFTER_MS = 60_000;

interface TroubleParts {
  readonly webhooks: readonly Webhook[];
  readonly post: Post;
  readonly nowMs: () => number;
  readonly holder: string;
}

/** From the first write that failed until one succeeds. */
interface Trouble {
  timer: NodeJS.Timeout;
  /** Those who have not taken the message yet. */
  untaken: readonly Webhook[];
}

export class StoreTrouble {
  readonly #parts: TroubleParts;
  #trouble: Trouble | undefined;

  constructor(parts: TroubleParts) {
    this.#parts = parts;
  }

  /** Writes fail, for that reason. Further reasons during the same trouble are not reported. */
  lost(reason: string): void {
    if (this.#trouble !== undefined) return;
    const { webhooks, post, nowMs, holder } = this.#parts;
    const atMs = nowMs();
    const id = `trouble_${hash("sha256", `${holder}\0${atMs}`, "hex").slice(0, 32)}`;
    const sentence = `The store takes no writes: ${reason}. Calls that would change something are refused until it does.`;
    const message = { kind: STORE_TROUBLE, experiment: null, subject: "", sentence, atMs } as const;
    const tell = async () => {
      await Promise.all(
        trouble.untaken.map(async (webhook) => {
          const body = bodyFor(webhook.format, message);
          const { delivered } = await post(webhook.url, headersFor(webhook.secret, id, body, nowMs()), body);
          if (delivered) trouble.untaken = trouble.untaken.filter((other) => other !== webhook);
        }),
      );
      // It may have passed while receivers were waited for.
      if (this.#trouble === trouble) trouble.timer = setTimeout(() => void tell(), AGAIN_AFTER_MS).unref();
    };
    const trouble: Trouble = {
      timer: setTimeout(() => void tell(), TOLD_AFTER_MS).unref(),
      untaken: webhooks.filter((webhook) => hears(webhook, STORE_TROUBLE)),
    };
    this.#trouble = trouble;
  }

  regained(): void {
    clearTimeout(this.#trouble?.timer);
    this.#trouble = undefined;
  }
}
