/** The checks of where experiments live: the data folder or Redis, and whether tallies and records agree. */
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Loaded } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { STORAGES, type Storage } from "../../config/storages.ts";
import { reasonOf } from "../../domain/errors.ts";
import { type Layer, layersOf, overlapsIn, spanText } from "../../domain/layer.ts";
import { isPlaced, openStore } from "../../store/open.ts";
import { isUnused, placeText } from "../job.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { checkRecords } from "./record-counts.ts";

/** Free disk below which a busy server is in danger, in bytes. Whether it takes writes is tried, not guessed. */
const FREE_BYTES_WARN = 2 ** 30;

/** Oldest Redis whose commands the scripts use. */
const REDIS_MIN = [6, 2] as const;

/** Clocks further apart than this give one event two days around midnight, in milliseconds. */
const CLOCK_DIFFERENCE_MS_MAX = 2_000;

const ADVICE_TORN = "nothing; it is so after a crash or a power cut";

/** What is looked at of each engine before it is opened; nothing is opened where any of it fails. */
const BEFORE_OPENING: Readonly<Record<Storage, (config: Config, nowMs: number) => Promise<readonly Finding[]>>> = {
  embedded: ({ data_dir }) =>
    checkFolder(data_dir).catch((error: Error) => [
      fail("data folder", error.message, "change to a folder that is there, or correct `data_dir`"),
    ]),
  redis: checkRedis,
  memory: async () => [],
};

export async function checkStorage(loaded: Loaded, nowMs: number, withRecords: boolean): Promise<readonly Finding[]> {
  const { config } = loaded;
  if (!STORAGES[config.storage].lasts) {
    return [warn("storage", `${config.storage}: everything is lost when the server stops`, "use it for trials only")];
  }
  const before = await BEFORE_OPENING[config.storage](config, nowMs);
  if (before.some(({ level }) => level === "fail")) return before;
  return [...before, ...(await checkOpening(loaded, withRecords))];
}

async function checkFolder(folder: string): Promise<readonly Finding[]> {
  const path = resolve(folder);
  const existing = await nearestExisting(path);
  const shown = existing === path ? path : `${path} (to be made)`;
  if (!(await stat(existing)).isDirectory())
    return [fail("data folder", `${existing} is no folder`, "correct `data_dir`")];
  try {
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const advice = `give this user the rights to ${existing}, or correct \`data_dir\``;
    return [fail("data folder", `${shown} can't be written`, advice)];
  }
  const { bavail, bsize } = await statfs(existing);
  const freeBytes = bavail * bsize;
  return [ok("data folder", shown), checkFree(freeBytes)];
}

function checkFree(freeBytes: number): Finding {
  const shown =
    freeBytes < FREE_BYTES_WARN
      ? `${(freeBytes / 2 ** 20).toFixed(0)} MiB free`
      : `${(freeBytes / 2 ** 30).toFixed(1)} GiB free`;
  if (freeBytes < FREE_BYTES_WARN) return warn("disk", shown, "make room soon; a million clients need up to 64 MB");
  return ok("disk", shown);
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch {
    const parent = dirname(path);
    return parent === path ? path : nearestExisting(parent);
  }
}

/**
 * Opens the store as a server would. A folder that was never used is left as it is: there is nothing in it to check, which
 * is as it should be before the first start. Whoever asks for records is past that, and looks in the wrong place.
 */
async function checkOpening(loaded: Loaded, withRecords: boolean): Promise<readonly Finding[]> {
  const { config } = loaded;
  if (!(await isPlaced(config))) {
    if (!withRecords) return [ok("store", "empty: nothing has been recorded yet")];
    return [fail("records", `there is no store ${await placeText(loaded)}`, "give the settings of the server")];
  }
  const troubles: Finding[] = [];
  try {
    const store = await openStore(
      config,
      ({ message }) => void troubles.push(warn("store", message, ADVICE_TORN)),
      false,
    );
    try {
      const experiments = await store.definitions.list();
      const unreadable = (await store.definitions.listUnreadable()).map(({ name, reason }) =>
        fail(`experiment ${name}`, `can't be read: ${reason}`, "docs/operations.md, A bad day"),
      );
      const { summary } = await store.status();
      if (unreadable.length === 0 && (await isUnused(store))) {
        const nothing = `nothing was ever recorded ${await placeText(loaded)}`;
        return [warn("store", nothing, "right before the first visitor; else give the settings of the server")];
      }
      await store.probe();
      const opened = ok("store", `${summary}; ${experiments.length} experiments`);
      // A connection that is made again tells by itself whether it is well.
      const told = config.storage === "embedded" ? troubles : [];
      const overlapping = layersOf(experiments).flatMap(checkLayer);
      return [
        opened,
        ...told,
        ...unreadable,
        ...overlapping,
        ...(withRecords ? await checkRecords(store, experiments) : []),
      ];
    } finally {
      await store.close();
    }
  } catch (error) {
    const detail = reasonOf(error);
    const { isLocked } = await import("../../store/local/folder-lock.ts");
    if (!isLocked(error)) return [fail("store", "can't be opened and written", detail)];
    if (withRecords) return [warn("records", "not checked: a running process has the folder open", "stop it first")];
    return [ok("store", "open in a running process")];
  }
}

/** Experiments of a layer promise that nobody is in two of them. */
function checkLayer(layer: Layer): readonly Finding[] {
  return overlapsIn(layer).map(([one, other]) =>
    warn(
      `layer ${layer.name}`,
      `${one.experiment} has ${spanText(one)} and ${other.experiment} ${spanText(other)}: clients are in both`,
      "archive one of the two, and make a new one in a free slice",
    ),
  );
}

async function checkRedis(config: Config, nowMs: number): Promise<readonly Finding[]> {
  // What a refused connection says is nearer to the cause than what the client makes of it later.
  let trouble: string | undefined;
  const onConnectionError = ({ message }: Error): void => {
    trouble = message;
  };
  try {
    const { redisOptions } = await import("../../store/redis/redis-config.ts");
    const { inspectRedis } = await import("../../store/redis/inspect.ts");
    const facts = await inspectRedis({ ...redisOptions(config), onConnectionError });
    const [major, minor] = facts.version;
    const differenceMs = Math.abs(facts.nowMs - nowMs);
    return [
      major > REDIS_MIN[0] || (major === REDIS_MIN[0] && minor >= REDIS_MIN[1])
        ? ok("redis", facts.product)
        : fail("redis", facts.product, `use ${REDIS_MIN.join(".")} or newer`),
      facts.refusal === undefined
        ? ok("redis writes", "taken")
        : fail("redis writes", facts.refusal, "mend that, or give the address of the server that takes writes"),
      facts.memoryBytesMax === 0 || facts.evictionPolicy === "noeviction"
        ? ok("redis memory", facts.memoryBytesMax === 0 ? "no limit" : `noeviction at ${facts.memoryBytesMax} bytes`)
        : fail(
            "redis memory",
            `${facts.evictionPolicy} drops clients at the limit`,
            "set maxmemory-policy to noeviction",
          ),
      facts.hasAppendLog
        ? ok("redis durability", "append-only file")
        : warn("redis durability", "a crash loses what came after the last snapshot", "set appendonly to yes"),
      differenceMs <= CLOCK_DIFFERENCE_MS_MAX
        ? ok("redis clock", "agrees with this machine's")
        : warn("redis clock", `${(differenceMs / 1000).toFixed(1)} s off this machine's`, "synchronise both clocks"),
    ];
  } catch (error) {
    const text = trouble ?? reasonOf(error);
    return [
      fail("redis", `can't be reached: ${text}`, "check redis_url, or redis_host, redis_port and redis_password"),
    ];
  }
}
