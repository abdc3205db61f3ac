/** The checks of where experiments live, and whether tallies and records agree. */
import type { Loaded } from "../../config/load.ts";
import { STORAGES } from "../../config/storages.ts";
import { reasonOf } from "../../domain/errors.ts";
import { type Layer, layersOf, overlapsIn, spanText } from "../../domain/layer.ts";
import { type Finding, fail, ok, warn } from "../../ops/finding.ts";
import { checkPlace, isPlaced, openStore } from "../../store/open.ts";
import { isUnused, placeText } from "../job.ts";
import { checkRecords } from "./record-counts.ts";

const ADVICE_TORN = "nothing; it is so after a crash or a power cut";

export async function checkStorage(
  loaded: Loaded,
  nowMs: () => number,
  withRecords: boolean,
): Promise<readonly Finding[]> {
  const { config } = loaded;
  if (!STORAGES[config.storage].lasts) {
    return [warn("storage", `${config.storage}: everything is lost when the server stops`, "use it for trials only")];
  }
  const before = await checkPlace(config, nowMs);
  if (before.some(({ level }) => level === "fail")) return before;
  return [...before, ...(await checkOpening(loaded, withRecords))];
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
