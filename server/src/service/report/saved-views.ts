/** Lists that people come back to, by name: one for all who look at this server, kept as notes of its store. */
import { SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import { shownName } from "../../lib/shown-name.ts";
import type { Store } from "../../store/store.ts";
import type { ServiceContext } from "../context.ts";
import { oneAtATime } from "../one-at-a-time.ts";

export interface SavedView {
  readonly name: string;
  /** Path and query of the list. */
  readonly url: string;
}

type Notes = Pick<Store, "notes">;

const FAMILY = "views";
/** Most views of one server. */
export const VIEWS_MAX = 50;
/** Longest name, in UTF-16 code units, and longest address. */
export const VIEW_NAME_LENGTH_MAX = 60;
const URL_LENGTH_MAX = 2_000;

/** By name. What nobody can have saved, because somebody wrote it by hand or it was damaged, is left out. */
export async function listViews({ notes }: Notes): Promise<readonly SavedView[]> {
  const kept = [...(await notes.read(FAMILY))].flatMap(([name, url]) => viewOf(name, url) ?? []);
  return kept.sort((a, b) => a.name.localeCompare(b.name, "en"));
}

function viewOf(name: string, url: string): SavedView | undefined {
  try {
    return url.startsWith("/") ? { name: decodeURIComponent(name), url } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * In place of one of the same name.
 * @returns the one that it replaced
 * @throws SixpackError invalid-form, experiment-busy
 */
export async function saveView(
  context: Pick<ServiceContext, "store">,
  { name: raw, url }: SavedView,
): Promise<SavedView | undefined> {
  const name = raw.trim();
  if (name === "" || name.length > VIEW_NAME_LENGTH_MAX || shownName(name) !== name) {
    throw new SixpackError(
      "invalid-form",
      `Expected a name of 1 to ${VIEW_NAME_LENGTH_MAX} characters that people can see, got ${quote(raw)}`,
    );
  }
  if (url.length > URL_LENGTH_MAX) {
    throw new SixpackError("invalid-form", `Expected an address of at most ${URL_LENGTH_MAX} characters`);
  }
  return oneAtATime(context, "saved views", async () => {
    const views = await listViews(context.store);
    const before = views.find((view) => view.name === name);
    if (before === undefined && views.length >= VIEWS_MAX) {
      throw new SixpackError("invalid-form", `Expected at most ${VIEWS_MAX} views, got one more. Remove one first.`);
    }
    return async () => {
      await write(context.store, name, before?.url ?? null, url);
      return before;
    };
  });
}

/** @throws SixpackError not-found */
export async function removeView(store: Notes, name: string): Promise<SavedView> {
  const view = (await listViews(store)).find((one) => one.name === name);
  if (view === undefined) throw new SixpackError("not-found", `Expected a saved view, got ${quote(name)}`);
  await write(store, name, view.url, null);
  return view;
}

/** @throws SixpackError edit-conflict */
async function write({ notes }: Notes, name: string, before: string | null, after: string | null): Promise<void> {
  if (await notes.swap(FAMILY, encodeURIComponent(name), before, after)) return;
  throw new SixpackError("edit-conflict", `Expected the view ${quote(name)} as it was read, got another change of it`);
}
