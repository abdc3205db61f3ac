/**
 * A session for back ends that an open server knows by a key: they may make experiments and more (docs/configuration.md,
 * `api_keys`). Not for pages and apps: whoever has those has the key.
 *
 *     const session = new ServerSession("https://ab.example.com", { apiKey: process.env.SIXPACK_API_KEY, clientId });
 */
import { Session, type SessionCall, type SessionOptions } from "./session.ts";
import type { Reply } from "./wire.ts";

export interface ServerSessionOptions extends SessionOptions {
  /** Sent in a header, never in an address. Without one this is a `Session`. */
  readonly apiKey?: string | undefined;
}

export class ServerSession extends Session {
  readonly #init: { readonly headers?: { readonly authorization: string } } = {};

  /** @throws TypeError also for a key that is not valid */
  constructor(baseUrl: string, options: ServerSessionOptions = {}) {
    super(baseUrl, options);
    const { apiKey } = options;
    if (apiKey === undefined) return;
    // It is not repeated: messages go to logs.
    if (!/^[!-~]+$/.test(apiKey))
      throw new TypeError("Expected an apiKey of letters, digits and signs, got another text");
    this.#init = { headers: { authorization: `Bearer ${apiKey}` } };
  }

  override send(path: string, call: SessionCall): Promise<Reply> {
    return super.send(path, { ...call, init: { ...call.init, ...this.#init } });
  }
}
