/**
 * Raises an alarm when no traffic comes at an hour where some is usual. Usual traffic is kept in notes, so that a
 * restart forgets nothing. Of several processes that look at once one writes the note, and the fact is told once.
 */
import { type TSchema, Type } from "typebox";
import { Check } from "typebox/value";
import type { Clock } from "../../domain/clock.ts";
import type { Counts } from "../../domain/counts.ts";
import { currentEpoch, type Experiment, takesNewClients } from "../../domain/experiment.ts";
import type { NewFact } from "../../domain/fact.ts";
import { shareTakenIn } from "../../domain/layer.ts";
import { PARTICIPATION } from "../../domain/tally.ts";
import {
  HOURS_KEPT,
  profileAt,
  type Silence,
  silenceIn,
  sumSince,
  type TrafficProfile,
} from "../../domain/traffic-profile.ts";
import { parsedJson } from "../../lib/parsed-json.ts";
import { grouped } from "../../lib/text.ts";
import { HOUR_MS } from "../../lib/time.ts";
import type { ServiceContext } from "../context.ts";
import { eachExperiment, type Failure } from "../each-experiment.ts";

/** How often a process looks, in milliseconds: hours begin a minute late at most. */
export const TRAFFIC_INTERVAL_MS = 60_000;

const FAMILY = "traffic";

/** Least participants during a time without conversions for an alarm: without participants nobody can convert. */
const JOINED_MIN = 10;

type WatchContext = Pick<ServiceContext, "store" | "clock" | "analyst">;

/** @throws SixpackError store-unavailable */
export async function watchTraffic(context: WatchContext): Promise<readonly Failure[]> {
  const { store } = context;
  const notes = await store.notes.read(FAMILY);
  const seen = new Set<string>();
  const failed = await eachExperiment(store, async (experiment) => {
    seen.add(experiment.name);
    await look(context, experiment, notes.get(experiment.name) ?? null);
  });
  for (const [name, text] of notes) if (!seen.has(name)) await store.notes.swap(FAMILY, name, text, null);
  return failed;
}

async function look(
  { store, clock, analyst }: WatchContext,
  experiment: Experiment,
  note: string | null,
): Promise<void> {
  if (!takesNewClients(experiment)) return;
  const hour = hourAt(clock);
  const before = profileIn(note);
  if (before?.hour === hour) return;
  const profile = profileAt(before, nameOf(experiment), hour, totalsOf(await analyst.counts(experiment)));
  const facts = silenceFacts(profile);
  if (facts.length > 0) await analyst.noteFacts(experiment, facts);
  // Last: with this hour in the note, no round of it looks again.
  await store.notes.swap(FAMILY, experiment.name, note, JSON.stringify(profile));
}

/** What is silent in a profile, in words. */
function silenceFacts(profile: TrafficProfile): readonly NewFact[] {
  const traffic = silenceIn(profile, "joins");
  if (traffic !== undefined) return [{ kind: "no-traffic", ...wordsFor(traffic, "visitors") }];
  const conversions = silenceIn(profile, "converts");
  if (conversions === undefined || sumSince(profile, "joins", conversions.sinceHour) < JOINED_MIN) return [];
  return [{ kind: "no-conversions", ...wordsFor(conversions, "conversions") }];
}

function wordsFor({ sinceHour, hours, expected }: Silence, what: string): Pick<NewFact, "subject" | "sentence"> {
  const since = new Date(sinceHour * HOUR_MS).toISOString().slice(0, 16).replace("T", " ");
  return {
    subject: since,
    sentence: `No ${what} for ${hours} hours, since ${since}, where about ${grouped(Math.round(expected))} are usual at this time.`,
  };
}

/** By the wall clock: nights and weekends are those of the people who come. */
function hourAt(clock: Pick<Clock, "nowMs" | "offsetAt">): number {
  const nowMs = clock.nowMs();
  return Math.floor((nowMs + clock.offsetAt(nowMs)) / HOUR_MS);
}

/** Another life and another share of the traffic make another profile. */
function nameOf(experiment: Experiment): string {
  return `${experiment.life}/${shareTakenIn(currentEpoch(experiment))}`;
}

function totalsOf(counts: Counts): TrafficProfile["totals"] {
  const converts = [...counts.cells()].reduce(
    (sum, { metric, events }) => sum + (metric === PARTICIPATION ? 0 : events),
    0,
  );
  return { joins: counts.participants, converts };
}

/** What it can't read it begins anew. */
function profileIn(note: string | null): TrafficProfile | undefined {
  const value = parsedJson(note ?? "");
  return Check(PROFILE, value) ? value : undefined;
}

const HOURS = Type.Array(Type.Integer({ minimum: -1 }), { maxItems: HOURS_KEPT });

const PROFILE = Type.Object({
  of: Type.String(),
  hour: Type.Integer(),
  totals: Type.Object({ joins: Type.Integer(), converts: Type.Integer() }),
  whole: Type.Boolean(),
  joins: HOURS,
  converts: HOURS,
} satisfies Record<keyof TrafficProfile, TSchema>);
