/**
 * The way to the server that holds a key: the one server there is (`client.ts`), the master of Sentinels (`sentinel.ts`),
 * or a node of a Cluster (`cluster.ts`).
 */
import type { Command, Reply } from "./node.ts";

/** `Link.tags` where one server has all keys. */
export const ONE_SERVER: readonly string[] = ["0"];

export interface Link {
  /** Resolves when a command can be sent for the first time, or the link is closed. */
  readonly connected: Promise<void>;
  /**
   * A command for the server that holds the key. Rejects with the reason if it failed. Without an answer it may have
   * been done all the same; if Redis answered with a refusal, it was not.
   */
  send(key: string, command: Command): Promise<Reply>;
  /** Hash tags that together reach every server that takes writes, and every slot without a known server. */
  tags(): readonly string[];
  /** Waits for pending answers, for the usual time limit, and closes. */
  close(): Promise<void>;
}
