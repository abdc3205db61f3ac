/** The keys of what leaves the server by itself: messages to webhooks, and feeds. */
import { type Static, Type } from "typebox";
import { FACT_KINDS } from "../domain/fact.ts";
import { DIGEST, STORE_TROUBLE, secretBytes, WEBHOOK_FORMATS } from "../domain/webhook.ts";
import { flag, list, text } from "./key.ts";

const EVENTS = [...FACT_KINDS, STORE_TROUBLE, DIGEST] as const;

const WEBHOOK = Type.Object(
  {
    url: Type.String({ pattern: "^https?://" }),
    secret: Type.Optional(Type.String()),
    events: Type.Optional(Type.Array(Type.Enum([...EVENTS]), { minItems: 1 })),
    format: Type.Optional(Type.Enum([...WEBHOOK_FORMATS])),
  },
  { additionalProperties: false },
);
export type WebhookItem = Readonly<Static<typeof WEBHOOK>>;

/** Receivers at most: each message is kept once for each. */
const WEBHOOKS_MAX = 20;

/** Characters of a token at least, which nobody guesses. */
const FEED_TOKEN_MIN = 24;

export const alerts = {
  webhooks: list<WebhookItem>({
    // What came may hold a secret and is not repeated, so this says all of what may be wrong.
    expected:
      "a list of { url, secret, events, format }, with a url that starts with http:// or https://, events of " +
      `${EVENTS.join(", ")}, and a format of ${WEBHOOK_FORMATS.join(", ")}`,
    item: WEBHOOK,
    readItem: (raw) => (typeof raw === "string" ? { url: raw } : raw),
    secret: true,
    problem: webhooksProblem,
    description:
      "Who is told what the server notices: a YAML list of `{ url, secret, events, format }`, or the same as JSON. " +
      "`secret` signs by [Standard Webhooks](https://www.standardwebhooks.com): `whsec_` and base64 of 24 to 64 bytes " +
      '(`echo "whsec_$(openssl rand -base64 32)"`). `events` names what is told; without it everything is. `format`: ' +
      "`json` (the default), `slack`, `discord` or `teams`. See [operations](operations.md#webhooks-and-feeds).",
  }),
  webhook_private_networks: flag({
    default: false,
    description:
      "Whether webhooks may lie in private networks, this machine included. While it is off, such an address is " +
      "refused, also if a name leads to it.",
  }),
  feed_token: text({
    expected: `a random text of at least ${FEED_TOKEN_MIN} letters, digits, - and _`,
    problem: (token) =>
      new RegExp(`^[\\w-]{${FEED_TOKEN_MIN},}$`).test(token)
        ? undefined
        : `a random text of at least ${FEED_TOKEN_MIN} letters, digits, - and _`,
    secret: true,
    description:
      "Opens the Atom feeds of what was noticed, `/feed.atom?token=…`, to whoever has it, without a login. Left out " +
      "there are none.",
  }),
};

function webhooksProblem(webhooks: readonly WebhookItem[]): string | undefined {
  if (webhooks.length > WEBHOOKS_MAX) return `at most ${WEBHOOKS_MAX} webhooks`;
  if (new Set(webhooks.map(({ url }) => url)).size < webhooks.length) return "each url once";
  for (const { url, secret } of webhooks) {
    if (!URL.canParse(url) || new URL(url).username !== "") return "webhooks with a url without a user name";
    if (secret !== undefined && secretBytes(secret) === undefined) {
      return "webhooks with a secret of `whsec_` and base64 of 24 to 64 bytes";
    }
  }
  return undefined;
}
