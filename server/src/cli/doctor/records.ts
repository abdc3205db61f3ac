/** Whether the tallies, from which every page is made, agree with the client records they were counted from. */
import type { Experiment } from "../../domain/experiment.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import type { Store } from "../../store/store.ts";
import { type Finding, fail, ok } from "./finding.ts";

/** Two reads of a store under traffic see different moments, so a difference counts only when it stays. */
const ATTEMPTS_MAX = 3;

/** Sums of values are floating-point numbers added in different orders; this much, relative, is no difference. */
const TOLERANCE = 1e-9;

type Sums = Readonly<Record<"clients" | "events" | "sum" | "squares", number>>;

export async function checkRecords(store: Store, experiments: readonly Experiment[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const experiment of experiments) findings.push(await checkExperiment(store, experiment));
  return findings;
}

async function checkExperiment(store: Store, experiment: Experiment): Promise<Finding> {
  const subject = `records of ${experiment.name}`;
  let differences: readonly string[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const [tallies, counted] = await Promise.all([store.readTallies(experiment), store.countRecords(experiment)]);
    differences = differencesOf(tallies, counted);
    if (differences.length === 0) return ok(subject, `agree with its ${tallies.length} tallies`);
  }
  return fail(
    subject,
    `differ from its tallies: ${differences.slice(0, 3).join("; ")}`,
    "report this with the log since the last start",
  );
}

/** Every cell in which the two differ, in words. */
export function differencesOf(tallies: readonly Tally[], counted: readonly Tally[]): readonly string[] {
  const stored = cells(tallies);
  const recounted = cells(counted);
  const names = new Set([...stored.keys(), ...recounted.keys()]);
  return [...names].flatMap((name) => {
    const expected = recounted.get(name) ?? NOTHING;
    const actual = stored.get(name) ?? NOTHING;
    const fields = (["clients", "events", "sum", "squares"] as const).filter(
      (field) => !isClose(actual[field], expected[field]),
    );
    return fields.map((field) => `${name}: ${field} ${actual[field]}, counted ${expected[field]}`);
  });
}

const NOTHING: Sums = { clients: 0, events: 0, sum: 0, squares: 0 };

/**
 * Sums by epoch, alternative and metric. Days are summed over, because a record knows the day of a client's first
 * conversion only; participations, of which a client has one, are also held together day by day.
 */
function cells(tallies: readonly Tally[]): ReadonlyMap<string, Sums> {
  const sums = new Map<string, Sums>();
  const add = (name: string, tally: Sums): void => {
    const before = sums.get(name) ?? NOTHING;
    sums.set(name, {
      clients: before.clients + tally.clients,
      events: before.events + tally.events,
      sum: before.sum + tally.sum,
      squares: before.squares + tally.squares,
    });
  };
  for (const tally of tallies) {
    const { epoch, assignment, metric, day } = tally;
    const name = `epoch ${epoch}, alternative ${assignment}, metric ${metric}`;
    add(metric === PARTICIPATION ? `${name}, day ${day}` : name, tally);
  }
  return sums;
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
}
