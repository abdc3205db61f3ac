/** The engines that `storage` can name, and what has to be known of each before one is opened. */

interface StorageFacts {
  /** Where experiments live in it, for the reference. */
  readonly lives: string;
  /** Whether anything is left of it when the process ends. */
  readonly lasts: boolean;
  /** Why only one process can serve from it; `null` where any number can. */
  readonly oneProcess: string | null;
  /** Keys that say that there is one: whoever names one of them means it where `storage` doesn't say. */
  readonly impliedBy: readonly string[];
}

export const STORAGES = {
  embedded: {
    lives: "in the folder `data_dir`, for one process",
    lasts: true,
    oneProcess: "one process owns the data folder",
    impliedBy: [],
  },
  redis: {
    lives: "in Redis, for any number of processes",
    lasts: true,
    oneProcess: null,
    // A configuration of the original, which knew no other storage, names one of them.
    impliedBy: ["redis_url", "redis_cluster_nodes", "redis_sentinels", "redis_socket", "redis_host", "redis_port"],
  },
  memory: {
    lives: "nowhere; all is lost at the end",
    lasts: false,
    oneProcess: "every process would have a memory of its own",
    impliedBy: [],
  },
} as const satisfies Record<string, StorageFacts>;

export type Storage = keyof typeof STORAGES;

export const STORAGE_NAMES = Object.keys(STORAGES) as Storage[];
