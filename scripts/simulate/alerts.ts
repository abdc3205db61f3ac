/**
 * What the server says of its own accord about experiments in which nothing differs, through the real watch: the local engine
 * in memory, a clock that is driven, the rounds of a process, and what it would have sent. Looks at which nothing came change
 * nothing, so rounds are made when something came, and in one batch at every minute to show it.
 */
import { assigned } from "../../server/src/domain/assignment.ts";
import type { Clock } from "../../server/src/domain/clock.ts";
import type { ClientKey } from "../../server/src/domain/digest.ts";
import type { Experiment } from "../../server/src/domain/experiment.ts";
import { parseAlternativeNames, parseExperimentName } from "../../server/src/domain/names.ts";
import { dayOf } from "../../server/src/domain/period.ts";
import { NO_TERMS } from "../../server/src/domain/schedule.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../server/src/lib/time.ts";
import { setPlan } from "../../server/src/service/administer/acts/set-plan.ts";
import { setSchedule } from "../../server/src/service/administer/acts/set-schedule.ts";
import { Herald } from "../../server/src/service/alerts/herald.ts";
import { Analyst } from "../../server/src/service/analysis/analyst.ts";
import { scheduleKeeper } from "../../server/src/service/keep-schedules.ts";
import { type Random, seededRandom } from "../../server/src/stats/random.ts";
import { LocalStore } from "../../server/src/store/local/local-store.ts";
import { silences } from "./silences.ts";
import { atLeast, below, notAbove, type Target } from "./target.ts";

const EXPERIMENTS = 2_000;
const BATCH = 100;
const DAYS = 28;
/** Times a day at which clients come, and are looked at. */
const ARRIVALS = 2;
/** Clients of an experiment each time. */
const CLIENTS = 30;
const RATE = 0.3;
const START_MS = Date.UTC(2026, 2, 2);

/** What claims that something differs. */
const CLAIMS = new Set(["sample-ratio-mismatch", "harm", "better"]);

/** What differs between the alternatives of a batch: the last one's conversion rate, and its share of what is expected. */
interface Difference {
  readonly rate: number;
  readonly share: number;
}

const NOTHING: Difference = { rate: RATE, share: 1 };

export async function alerts(): Promise<Target[]> {
  const random = seededRandom(18);
  const totals = { claiming: 0, stopped: 0, guarded: 0, idle: 0, ids: 0, messages: 0 };
  for (let from = 0; from < EXPERIMENTS; from += BATCH) {
    const seen = await batch(random, { ...NOTHING, everyMinute: from === 0 });
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += seen[key];
  }
  // The same watch has to speak up where something differs.
  const harm = await batch(random, { rate: RATE / 3, share: 1, everyMinute: false });
  const split = await batch(random, { rate: RATE, share: 0.5, everyMinute: false });
  const { claiming, stopped, guarded, idle, ids, messages } = totals;
  return [
    notAbove(`${EXPERIMENTS} A/A experiments of ${DAYS} days send a claim`, claiming, EXPERIMENTS, 0.05),
    notAbove(`${guarded} of them with \`on_harm: pause\` are stopped`, stopped, guarded, 0.05),
    below("writes of looks at every minute at which nothing came", idle, 0, String),
    below("messages beyond one for each fact", messages - ids, 0, String),
    atLeast("experiments in which one converts a third as often send a claim", harm.claiming, BATCH, 0.9),
    atLeast("those of them with `on_harm: pause` are stopped", harm.stopped, harm.guarded, 0.9),
    atLeast("experiments in which one gets half of its clients send a claim", split.claiming, BATCH, 0.9),
    ...silences(),
  ];
}

async function batch(random: Random, { everyMinute, ...differs }: Difference & { readonly everyMinute: boolean }) {
  const time = { nowMs: START_MS };
  const clock: Clock = {
    nowMs: () => time.nowMs,
    today: () => dayOf(time.nowMs),
    dayAt: (atMs) => dayOf(atMs),
    offsetAt: () => 0,
  };
  const store = await LocalStore.open({ folder: null, cacheSlots: 1 << 10 });
  const analyst = new Analyst({ store, clock, findsValues: true, onNoticed: () => {} });
  const context = { store, clock, analyst };
  const sent: { readonly id: string; readonly kind: string; readonly experiment: string }[] = [];
  const herald = new Herald({
    store,
    clock,
    webhooks: [{ id: "all", url: "http://receiver.invalid/", secret: undefined, events: undefined, format: "json" }],
    holder: "simulation",
    onRefused: () => {},
    post: async (_url, headers, body) => {
      const { type, data } = JSON.parse(body) as { type: string; data: { experiment: string } };
      sent.push({ id: headers["webhook-id"] ?? "", kind: type.replace("sixpack.", ""), experiment: data.experiment });
      return { delivered: true, last: "204" };
    },
  });
  const keep = scheduleKeeper(context);
  const round = async () => {
    await analyst.watchPlans();
    await analyst.watchSplits();
    await analyst.watchConclusions();
    await keep(time.nowMs);
    await herald.round();
  };
  const names: Experiment["name"][] = [];
  for (let number = 0; number < BATCH; number += 1) {
    const name = parseExperimentName(`aa-${number}`);
    names.push(name);
    // Half of them have four alternatives, and half of all a plan with a guardrail that pauses.
    const alternatives = parseAlternativeNames(number % 2 === 0 ? ["a", "b"] : ["a", "b", "c", "d"]);
    await store.definitions.create({ name, alternatives, createdAtMs: time.nowMs });
    if (number % 4 >= 2) {
      await setPlan(context, { name, actor: "plan" }, { ...PLAN, guardrails: [{ kpi: "other", ...GUARDRAIL }] });
      await setSchedule(context, { name, actor: "plan" }, { ...NO_TERMS, onHarm: "pause" });
    }
  }
  let client = 0;
  for (let arrival = 0; arrival < DAYS * ARRIVALS; arrival += 1) {
    time.nowMs = START_MS + (arrival * DAY_MS) / ARRIVALS + HOUR_MS;
    for (const name of names) {
      const experiment = await store.definitions.read(name);
      if (experiment === undefined || experiment.paused) continue;
      for (let number = 0; number < CLIENTS; number += 1) {
        client += 1;
        await visit(store, experiment, client, clock.today(), random, differs);
      }
    }
    await round();
  }
  let idle = 0;
  if (everyMinute) {
    // What is due by time alone is told in the first of them.
    await round();
    const before = await versions(store);
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      time.nowMs += MINUTE_MS;
      await round();
    }
    idle = [...(await versions(store))].filter(([name, version]) => before.get(name) !== version).length;
  }
  for (let more = 0; more < 20; more += 1) await herald.round();
  const live = await store.definitions.list();
  await store.close();
  return {
    claiming: new Set(sent.filter(({ kind }) => CLAIMS.has(kind)).map(({ experiment }) => experiment)).size,
    stopped: live.filter(({ paused }) => paused).length,
    guarded: live.filter(({ schedule }) => schedule !== undefined).length,
    idle,
    ids: new Set(sent.map(({ id }) => id)).size,
    messages: sent.length,
  };
}

const GUARDRAIL = { better: "higher", decides_on: "rate", margin: "10%" };

const PLAN = {
  primary: { kpi: "", better: undefined, decides_on: undefined, margin: undefined },
  secondary: [],
  roll_back: undefined,
  baseline_rate: "0.3",
  baseline_mean: undefined,
  baseline_deviation: undefined,
  minimum_uplift: "0.2",
  power: "0.8",
  participants: undefined,
};

async function versions(store: LocalStore): Promise<ReadonlyMap<string, number>> {
  return new Map((await store.definitions.list()).map(({ name, version }) => [name, version]));
}

async function visit(
  store: LocalStore,
  experiment: Experiment,
  number: number,
  day: ReturnType<typeof dayOf>,
  random: Random,
  { rate, share }: Difference,
) {
  const client = String(number).padStart(8, "0") as ClientKey;
  const last = experiment.alternatives.length - 1;
  const alternative = Math.floor(random() * (last + 1));
  if (alternative === last && random() >= share) return;
  const proposal = assigned(alternative);
  await store.records.participate({ experiment, client, proposal, day });
  for (const kpi of [0, 1].slice(0, experiment.kpis.length + 1)) {
    if (random() < (alternative === last ? rate : RATE))
      await store.records.convert({ experiment, client, kpi, day, value: 0 });
  }
}
