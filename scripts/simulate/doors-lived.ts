/**
 * Experiments in which nothing differs, lived through by the server's own services on the local engine in memory: clients come
 * and convert days later and again, by amounts, some of which are paid back; KPIs are capped, a winner is set and undone. Every
 * door is heard every day.
 */
import { parseAlternativeNames, parseExperimentName } from "../../server/src/domain/names.ts";
import { DAY_MS, HOUR_MS } from "../../server/src/lib/time.ts";
import { describeKpi } from "../../server/src/service/administer/acts/kpi-settings.ts";
import { setPlan } from "../../server/src/service/administer/acts/set-plan.ts";
import { setWinner } from "../../server/src/service/administer/acts/state.ts";
import { Analyst } from "../../server/src/service/analysis/analyst.ts";
import { convert } from "../../server/src/service/convert.ts";
import { participate } from "../../server/src/service/participate.ts";
import { settleCaps } from "../../server/src/service/settle-caps.ts";
import { normalFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { LocalStore } from "../../server/src/store/local/local-store.ts";
import * as make from "../../server/test/support/make.ts";
import { comparisonsOf, type Heard, listenTo, nothingHeard } from "./doors-heard.ts";

export interface Life {
  readonly name: string;
  readonly runs: number;
  /** Of the second alternative. */
  readonly share: number;
  /** How the KPI that decides counts, and what of it. */
  readonly counts: "rate" | "value" | "events";
  readonly cap?: string;
  readonly windowDays?: string;
  /** Share of clients of whom something is known that goes with what they do. */
  readonly covariates?: number;
  /** With a look after two weeks. */
  readonly isPlanned?: boolean;
  /** The alternative that leads is made the winner for four days. */
  readonly isUndone?: boolean;
  /** Share of clients of the second alternative who do as much again. @default nothing differs */
  readonly differs?: number;
}

export const LIVES: readonly Life[] = [
  { name: "orders, a cap, a plan", runs: 300, share: 0.5, counts: "value", cap: "60", isPlanned: true },
  { name: "orders, p99, a covariate, 80:20", runs: 300, share: 0.2, counts: "value", cap: "p99", covariates: 0.8 },
  {
    name: "a rate, a window, a plan, a winner undone",
    runs: 300,
    share: 0.5,
    counts: "rate",
    windowDays: "5",
    isPlanned: true,
    isUndone: true,
  },
  { name: "events, a winner undone, 65:35", runs: 300, share: 0.35, counts: "events", isUndone: true },
];

/** What every door is to be heard of. */
export const DIFFERENT: Life = {
  name: "orders, a cap, a plan, half as much again",
  runs: 40,
  share: 0.5,
  counts: "value",
  cap: "60",
  isPlanned: true,
  differs: 0.5,
};

const START_MS = Date.UTC(2026, 2, 2);
const DAYS = 28;
const CLIENTS_A_DAY = 120;
const BUYERS = 0.3;
/** Of the logarithm of an order, and of what goes through all that one client does. */
const SIGMA = { order: 0.8, client: 0.6 };
/** Days until a client's first order, and from one to the next, in the mean. */
const DELAY = { first: 2, next: 5 };
/** Share of orders that are paid back, a week later in the mean. */
const PAID_BACK = 0.1;
/** When a winner is set, and when it is undone. */
const [SET, UNDONE] = [12, 16];

interface Event {
  readonly client: string;
  readonly value: number;
}

/** An experiment is over with the first claim. */
export async function live(life: Life, seed: number, run: number): Promise<Heard> {
  const random = seededRandom(seed, run);
  const time = { nowMs: START_MS };
  const clock = make.clock(() => time.nowMs);
  const store = await LocalStore.open({ folder: null, cacheSlots: 1 << 12 });
  const analyst = new Analyst({ store, clock, findsValues: true, onNoticed: () => {} });
  const onUnlogged = (error: unknown) => {
    throw error;
  };
  const context = { store, clock, analyst, settings: make.SETTINGS, onUnlogged };
  await begun(life, context);
  const heard = nothingHeard();
  const due = Array.from({ length: DAYS }, (): Event[] => []);
  for (let day = 0; day < DAYS && heard.claims.size === 0; day += 1) {
    time.nowMs = START_MS + (day + 0.5) * DAY_MS;
    await Promise.all(
      Array.from({ length: CLIENTS_A_DAY }, async (_, number) => {
        const client = `${run}-${day}-${number}`;
        const nature = normalFrom(random);
        const isKnown = random() < (life.covariates ?? 0);
        const covariate = isKnown ? Math.fround(Math.exp(nature + 0.5 * normalFrom(random))) : undefined;
        const events = eventsOf(nature, random);
        const more = random() < (life.differs ?? 0) ? eventsOf(nature, random) : [];
        const { reason, index } = await participate(
          context,
          make.request({ experiment: NAME, alternatives: ALTERNATIVES, client, covariate }),
        );
        if (reason !== "assigned") return;
        for (const { after, value } of index === 1 ? [...events, ...more] : events)
          due[day + after]?.push({ client, value });
      }),
    );
    for (const { client, value } of due[day] ?? [])
      await convert(
        context,
        make.conversion({ experiment: NAME, client, kpi: KPI, value: life.counts === "value" ? value : undefined }),
      );
    time.nowMs += HOUR_MS;
    if (life.cap === "p99") await settleCaps(context, "simulation");
    const asked = await store.definitions.read(NAME);
    if (asked === undefined) throw new Error("Expected the experiment to live on");
    const { report, experiment } = await analyst.read(asked);
    listenTo(report, heard);
    if (experiment.noticed.facts?.some(({ kind }) => FACTS.has(kind)) === true) heard.claims.add("webhook");
    if (life.isUndone !== true) continue;
    const [deciding] = report.kpis.flatMap(comparisonsOf);
    const leads = (deciding?.chanceToBeatBaseline ?? 0) > 0.5 ? "b" : "a";
    if (day === SET) await setWinner(context, { name: NAME, actor: "ann" }, leads);
    if (day === UNDONE) await setWinner(context, { name: NAME, actor: "ann" }, null);
  }
  await store.close();
  return heard;
}

const NAME = parseExperimentName("lived");
const KPI = "order";
const FACTS: ReadonlySet<string> = new Set(["better", "harm", "sample-ratio-mismatch"]);
const ALTERNATIVES = ["a", "b"];

/** What is said of it before the first client. */
async function begun(
  life: Life,
  context: Parameters<typeof setPlan>[0] & { readonly store: LocalStore },
): Promise<void> {
  const { share, counts, cap, windowDays, isPlanned } = life;
  const target = { name: NAME, actor: "ann" };
  const alternatives = parseAlternativeNames(ALTERNATIVES);
  const weights = share === 0.5 ? null : [1 - share, share];
  await context.store.definitions.create({ name: NAME, alternatives, createdAtMs: START_MS, weights });
  await describeKpi(context, target, KPI, { counts, cap, windowDays });
  const primary = { kpi: KPI, decides_on: counts === "rate" ? "rate" : "mean" };
  const baseline = counts === "rate" ? { baseline_rate: "0.25" } : { baseline_mean: "5", baseline_deviation: "12" };
  const size = { ...baseline, minimum_uplift: "0.2", participants: String((CLIENTS_A_DAY * DAYS) / 2) };
  await setPlan(context, target, { primary, ...(isPlanned === true ? size : {}) });
}

interface Planned {
  /** In days. */
  readonly after: number;
  readonly value: number;
}

/** Who orders orders again, and gives some of it back. */
function eventsOf(nature: number, random: Random): readonly Planned[] {
  const events: Planned[] = [];
  if (random() >= BUYERS) return events;
  const wait = (days: number): number => Math.floor(-Math.log(1 - random()) * days);
  let after = wait(DELAY.first);
  do {
    const value = Math.round(1_000 * Math.exp(SIGMA.client * nature + SIGMA.order * normalFrom(random))) / 100;
    events.push({ after, value });
    if (random() < PAID_BACK) events.push({ after: after + wait(7), value: -value });
    after += wait(DELAY.next);
  } while (random() < 0.4);
  return events;
}
