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
   * A command for the server that holds the key. Rejects with what kept it from being done. It may have been done all the
   * same where no answer came; where Redis answered with a refusal it was not.
   */
  send(key: string, command: Command): Promise<Reply>;
  /**
   * Hash tags, so that every server that takes writes has a key with one of them, and so has every slot that nobody is
   * known to hold.
   */
  tags(): readonly string[];
  /** Waits for answers under way as long as for any, then lets go. */
  close(): Promise<void>;
}
