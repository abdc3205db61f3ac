/**
 * Links by which people without a login read one experiment: what is kept of each, as notes of the store. A link is for
 * one life: after a reset or delete it shows nothing, and nothing of a new experiment with the old name.
 */
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import { quote } from "../domain/names.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { DAY_MS } from "../lib/time.ts";
import type { Store } from "../store/store.ts";
import type { AdministerContext, Target } from "./administer/act.ts";
import { logDone } from "./logged-change.ts";
import { oneAtATime } from "./one-at-a-time.ts";

const SHARE_LINK = Type.Object({
  experiment: Type.String(),
  life: Type.Integer(),
  /** Who made it. */
  actor: Type.String(),
  createdAtMs: Type.Integer(),
  expiresAtMs: Type.Integer(),
});

export interface ShareLink extends Readonly<Static<typeof SHARE_LINK>> {
  readonly id: string;
}

/** Longest that a link lasts, and how long it does unless somebody says otherwise, in days. */
export const SHARE_DAYS_MAX = 365;
export const SHARE_DAYS_DEFAULT = 30;
/** Most links of one experiment at a time. */
export const SHARE_LINKS_MAX = 20;

const FAMILY = "share-links";

/** Those of this life that still open, the newest first. */
export async function listShareLinks(
  { store, clock }: AdministerContext,
  experiment: Experiment,
): Promise<readonly ShareLink[]> {
  const nowMs = clock.nowMs();
  return (await allLinks(store)).filter((link) => opens(link, experiment, nowMs)).sort(newestFirst);
}

/**
 * @param id nobody can guess
 * @param days how long it lasts
 * @throws SixpackError invalid-form, experiment-busy
 */
export async function makeShareLink(
  context: AdministerContext,
  target: Target,
  { experiment, id, days }: { readonly experiment: Experiment; readonly id: string; readonly days: number },
): Promise<ShareLink> {
  const { store, clock } = context;
  if (!Number.isInteger(days) || days < 1 || days > SHARE_DAYS_MAX) {
    throw new SixpackError(
      "invalid-form",
      `Expected \`days\` as a whole number from 1 to ${SHARE_DAYS_MAX}, got ${days}`,
    );
  }
  const nowMs = clock.nowMs();
  const kept = {
    experiment: experiment.name,
    life: experiment.life,
    actor: target.actor,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + days * DAY_MS,
  };
  await oneAtATime(context, "share links", async () => {
    if ((await listShareLinks(context, experiment)).length >= SHARE_LINKS_MAX) {
      throw new SixpackError(
        "invalid-form",
        `Expected at most ${SHARE_LINKS_MAX} links of one experiment, got one more. Take one back first.`,
      );
    }
    return () => store.notes.swap(FAMILY, id, null, JSON.stringify(kept));
  });
  const until = new Date(kept.expiresAtMs).toISOString();
  await logDone(context, target, experiment.name, { action: "share", before: null, after: `${id} until ${until}` });
  return { id, ...kept };
}

/** @throws SixpackError not-found */
export async function revokeShareLink(
  context: AdministerContext,
  target: Target,
  { experiment, id }: { readonly experiment: Experiment; readonly id: string },
): Promise<void> {
  const text = (await context.store.notes.read(FAMILY)).get(id);
  const link = linkOf(id, text);
  const isOurs = link !== undefined && link.experiment === experiment.name && link.life === experiment.life;
  if (!isOurs || text === undefined || !(await context.store.notes.swap(FAMILY, id, text, null))) {
    throw new SixpackError("not-found", `Expected the id of a link of this experiment, got ${quote(id)}`);
  }
  await logDone(context, target, experiment.name, { action: "revoke-share", before: id, after: null });
}

/** The link, if it opens an experiment now. */
export async function openShareLink({ store, clock }: AdministerContext, id: string): Promise<ShareLink | undefined> {
  const link = linkOf(id, (await store.notes.read(FAMILY)).get(id));
  if (link === undefined) return undefined;
  const experiment = await store.definitions.read(link.experiment);
  return experiment !== undefined && opens(link, experiment, clock.nowMs()) ? link : undefined;
}

function opens(link: ShareLink, { name, life }: Experiment, nowMs: number): boolean {
  return link.experiment === name && link.life === life && nowMs < link.expiresAtMs;
}

/** Deletes those that had run out by then, of every experiment. That can't be undone, so the moment must surely have passed. */
export async function sweepShareLinks({ notes }: Pick<Store, "notes">, endedByMs: number): Promise<void> {
  for (const [id, text] of await notes.read(FAMILY)) {
    const link = linkOf(id, text);
    if (link !== undefined && link.expiresAtMs <= endedByMs) await notes.swap(FAMILY, id, text, null);
  }
}

async function allLinks({ notes }: Pick<Store, "notes">): Promise<readonly ShareLink[]> {
  return [...(await notes.read(FAMILY))].flatMap(([id, text]) => linkOf(id, text) ?? []);
}

/** `undefined` for what makes no sense, too: somebody wrote it by hand, or it was damaged. */
function linkOf(id: string, text: string | undefined): ShareLink | undefined {
  const raw = parsedJson(text ?? "");
  return Check(SHARE_LINK, raw) ? { id, ...raw } : undefined;
}

function newestFirst(a: ShareLink, b: ShareLink): number {
  return b.createdAtMs - a.createdAtMs || a.id.localeCompare(b.id, "en");
}
