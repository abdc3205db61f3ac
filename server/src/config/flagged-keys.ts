/**
 * What the keys set that have an option of their own, in a sentence each: the first of their description. Apart from the
 * table of keys, because the help of every command has some of them, and the table takes longer to load than a short command
 * to run.
 */
export const FLAGGED = {
  host: "Address on which the API listens.",
  port: "TCP port of the API.",
  workers:
    "Processes that serve side by side on the same ports, with `storage: redis` only: one per core is a good number.",
  web_host: "Address on which the dashboard listens.",
  web_port: "TCP port of the dashboard.",
  storage: "Where experiments live.",
  data_dir: "Folder of the embedded store; made when it is missing.",
  redis_url: "Address of Redis in one line, `redis[s]://[user:password@]host[:port][/db]`.",
} as const;
