/** What a receiver of alerts is, and what one message to it looks like: Standard Webhooks, or the words of a chat. */
import { createHmac, hash } from "node:crypto";
import { shownName } from "../lib/shown-name.ts";
import { markdownText } from "../lib/text.ts";
import { unreachable } from "./errors.ts";
import type { FactKind } from "./fact.ts";

export const WEBHOOK_FORMATS = ["json", "slack", "discord", "teams"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** What a webhook may hear of beside facts of experiments. */
export const STORE_TROUBLE = "store-trouble";
/** Once a day, in a line, what has no message of its own. */
export const DIGEST = "digest";
export const TEST = "test";
type EventKind = FactKind | typeof STORE_TROUBLE | typeof DIGEST | typeof TEST;

export interface Webhook {
  /** Its name in notes and on pages, since its address may be a secret. */
  readonly id: string;
  readonly url: string;
  /** Bytes that sign; `undefined` sends without a signature. */
  readonly secret: Buffer | undefined;
  /** Kinds that it hears of; `undefined` is all. */
  readonly events: readonly EventKind[] | undefined;
  readonly format: WebhookFormat;
}

export function webhookId(url: string): string {
  return hash("sha256", url, "hex").slice(0, 12);
}

/**
 * What people read in place of an address, the rest of which may be what keeps others from writing to it: the host, and
 * where several webhooks lie on it which of them, as the configuration lists them: "hooks.slack.com (2 of 3)". By id.
 */
export function webhookNames(webhooks: readonly Pick<Webhook, "id" | "url">[]): ReadonlyMap<string, string> {
  const hostOf = ({ url }: Pick<Webhook, "url">): string => new URL(url).host;
  return new Map(
    webhooks.map((webhook) => {
      const host = hostOf(webhook);
      const there = webhooks.filter((other) => hostOf(other) === host);
      return [webhook.id, there.length === 1 ? host : `${host} (${there.indexOf(webhook) + 1} of ${there.length})`];
    }),
  );
}

export function hears({ events }: Webhook, kind: EventKind): boolean {
  return events === undefined || kind === TEST || events.includes(kind);
}

export interface Message {
  readonly kind: EventKind;
  /** `null` where it is about none. */
  readonly experiment: string | null;
  readonly subject: string;
  readonly sentence: string;
  readonly atMs: number;
}

/**
 * The body of a message, the same at every try. In a chat a name is text: whoever may name an experiment must neither ping
 * anybody there nor put a link under other words.
 */
export function bodyFor(format: WebhookFormat, message: Message): string {
  switch (format) {
    case "json":
      return JSON.stringify(jsonOf(message));
    case "slack":
      return JSON.stringify({ text: textOf(message).replace(/[&<>]/g, (sign) => SLACK_ESCAPES.get(sign) ?? sign) });
    case "discord":
      return JSON.stringify({ content: markdownText(textOf(message)), allowed_mentions: { parse: [] } });
    case "teams":
      return JSON.stringify(cardOf(message));
    default:
      return unreachable(format);
  }
}

const SLACK_ESCAPES: ReadonlyMap<string, string> = new Map(Object.entries({ "&": "&amp;", "<": "&lt;", ">": "&gt;" }));

function jsonOf({ kind, experiment, subject, sentence, atMs }: Message) {
  return {
    type: `sixpack.${kind}`,
    timestamp: new Date(atMs).toISOString(),
    data: { experiment, subject: subject === "" ? null : subject, text: sentence },
  };
}

function textOf({ experiment, sentence }: Message): string {
  return experiment === null ? sentence : `${shownName(experiment)}: ${sentence}`;
}

function cardOf(message: Message) {
  // A TextBlock would read Markdown: https://learn.microsoft.com/en-us/adaptive-cards/create/textfeatures
  const block = { type: "RichTextBlock", inlines: [{ type: "TextRun", text: textOf(message) }] };
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: [block],
  };
  return { type: "message", attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content }] };
}

/** The headers of one try. Source: https://www.standardwebhooks.com, symmetric signatures. */
export function headersFor(
  secret: Buffer | undefined,
  id: string,
  body: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const headers = { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": timestamp };
  if (secret === undefined) return headers;
  const signature = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}

/** `whsec_` and base64 of 24 to 64 bytes, as Standard Webhooks writes a secret; `undefined` for anything else. */
export function secretBytes(text: string): Buffer | undefined {
  const [, encoded = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
}

/** How one try ended. */
export interface Posted {
  readonly delivered: boolean;
  /** A status, or what went wrong. */
  readonly last: string;
}
