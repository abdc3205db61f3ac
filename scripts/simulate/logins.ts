/**
 * People with two ids, in experiments in which nothing differs: 30 % log in on a second device, and who converts does so
 * more often. Each is one participant from then on; what the report says at daily looks is counted, with the engine, the
 * analyst and the report of the product.
 */
import { assigned } from "../../server/src/domain/assignment.ts";
import type { Clock } from "../../server/src/domain/clock.ts";
import type { ClientKey } from "../../server/src/domain/digest.ts";
import type { Experiment } from "../../server/src/domain/experiment.ts";
import { parseAlternativeNames, parseExperimentName } from "../../server/src/domain/names.ts";
import { type Day, dayOf } from "../../server/src/domain/period.ts";
import { tallyDifferences } from "../../server/src/domain/tally-differences.ts";
import { DAY_MS } from "../../server/src/lib/time.ts";
import { Analyst } from "../../server/src/service/analysis/analyst.ts";
import { type Random, seededRandom } from "../../server/src/stats/random.ts";
import { LocalStore } from "../../server/src/store/local/local-store.ts";
import { atMost, below, type Target } from "./target.ts";

const EXPERIMENTS = 400;
const DAYS = 28;
const PEOPLE_A_DAY = 40;
const RATE = 0.2;
/** Chances to log in on a second device; at RATE they come to 30 % of all. */
const LOGIN = { converted: 0.7, other: 0.2 };
const START_MS = Date.UTC(2026, 2, 2);
const CLAIMS: ReadonlySet<string> = new Set(["ship", "roll-back", "hold", "sample-ratio-mismatch"]);

export async function logins(shares: readonly number[]): Promise<Target[]> {
  const random = seededRandom(17, shares[0] ?? 0);
  const seen = { claims: 0, alarms: 0, differences: 0 };
  for (let run = 0; run < EXPERIMENTS; run += 1) {
    const played = await play(shares, random);
    seen.claims += Number(played.claimed);
    seen.alarms += Number(played.alarmed);
    seen.differences += played.differences;
  }
  const name = `logins, shares ${shares.map((share) => `${100 * share} %`).join(" and ")}`;
  return [
    atMost(`${name}: anything claimed at any of ${DAYS} looks`, seen.claims, EXPERIMENTS, 0.05),
    atMost(`${name}: alarm of conflicts`, seen.alarms, EXPERIMENTS, 0.05),
    below(`${name}: tallies that records don't confirm`, seen.differences, 0, String),
  ];
}

async function play(shares: readonly number[], random: Random) {
  const time = { nowMs: START_MS };
  const clock: Clock = { nowMs: () => time.nowMs, today: () => dayOf(time.nowMs), dayAt: dayOf, offsetAt: () => 0 };
  const store = await LocalStore.open({ folder: null, cacheSlots: 1 << 12 });
  const analyst = new Analyst({ store, clock, findsValues: true, onNoticed: () => {} });
  const name = parseExperimentName("logins");
  const alternatives = parseAlternativeNames(["a", "b"]);
  const { experiment: made } = await store.definitions.create({
    name,
    alternatives,
    weights: shares,
    createdAtMs: time.nowMs,
  });
  /** Who logs in on which day, and what they do then. */
  const coming = new Map<Day, (() => Promise<void>)[]>();
  let [ids, claimed, alarmed] = [0, false, false];
  const someone = (): ClientKey => {
    ids += 1;
    return Array.from({ length: 8 }, (_, at) =>
      String.fromCharCode(at < 4 ? random() * 256 : ids >>> ((at - 4) * 8)),
    ).join("") as ClientKey;
  };
  let experiment: Experiment = made;
  for (let day = 0; day < DAYS; day += 1) {
    time.nowMs = START_MS + day * DAY_MS;
    const today = clock.today();
    for (const visit of coming.get(today) ?? []) await visit();
    await Promise.all(
      Array.from({ length: PEOPLE_A_DAY }, async () => {
        const phone = someone();
        const converts = await visitBy(store, experiment, phone, shares, today, random);
        if (random() >= (converts ? LOGIN.converted : LOGIN.other)) return;
        const later = (today + Math.floor(random() * 5)) as Day;
        const login = async (): Promise<void> => {
          const [desk, account] = [someone(), someone()];
          await visitBy(store, experiment, desk, shares, later, random);
          await store.records.link(experiment, { client: account }, { client: desk });
          await store.records.link(experiment, { client: account }, { client: phone });
        };
        if (later === today) await login();
        else coming.set(later, [...(coming.get(later) ?? []), login]);
      }),
    );
    const analysis = await analyst.read((await store.definitions.read(name)) ?? experiment);
    experiment = analysis.experiment;
    claimed ||= CLAIMS.has(analysis.report.verdict.kind);
    alarmed ||= analysis.health.conflicts?.alarm === true;
  }
  const counted = await store.tallies.recount(experiment);
  const differences = tallyDifferences(await store.tallies.read(experiment), counted).length;
  await store.close();
  return { claimed, alarmed, differences };
}

/** Whether the visit ends in a conversion. */
async function visitBy(
  store: LocalStore,
  experiment: Experiment,
  client: ClientKey,
  shares: readonly number[],
  day: Day,
  random: Random,
): Promise<boolean> {
  const proposal = assigned(random() < (shares[0] ?? 1) ? 0 : 1);
  const converts = random() < RATE;
  await store.records.participate({ experiment, client, proposal, day });
  if (converts) await store.records.convert({ experiment, client, kpi: 0, day, value: 0 });
  return converts;
}
