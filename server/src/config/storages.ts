/** The engines that `storage` can name, and what has to be known of each before one is opened. */

interface StorageFacts {
  /** Where experiments live in it, for the reference. */
  readonly lives: string;
  /** Whether anything is left of it when the process ends. */
  readonly lasts: boolean;
  /** Why only one process can serve from it; `null` where any number can. */
  readonly oneProcess: string | null;
}

export const STORAGES = {
  embedded: {
    lives: "in the folder `data_dir`, for one process",
    lasts: true,
    oneProcess: "one process owns the data folder",
  },
  redis: { lives: "in Redis, for any number of processes", lasts: true, oneProcess: null },
  memory: {
    lives: "nowhere; all is lost at the end",
    lasts: false,
    oneProcess: "every process would have a memory of its own",
  },
} as const satisfies Record<string, StorageFacts>;

export type Storage = keyof typeof STORAGES;
