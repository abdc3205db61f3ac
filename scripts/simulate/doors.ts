/**
 * Experiments in which nothing differs, heard through every door at once: the verdict, the rows of all KPIs, guardrails, a
 * program that takes any claim, messages to webhooks, segments, and the alarms of the split and of people with two ids. By the
 * functions that the doors use themselves, with a look every hundred participants.
 */
import type { Counts } from "../../server/src/domain/counts.ts";
import { withFacts, withNoticed } from "../../server/src/domain/noticed.ts";
import { dayOf } from "../../server/src/domain/period.ts";
import { DAY_MS } from "../../server/src/lib/time.ts";
import { banditQuestion } from "../../server/src/service/analysis/bandit-report.ts";
import { conflictsOf, mayBeLeftOut } from "../../server/src/service/analysis/conflicts.ts";
import { type Days, daysOf } from "../../server/src/service/analysis/days.ts";
import { causeFacts, conclusionFact, mismatchFact } from "../../server/src/service/analysis/facts.ts";
import { judgedOn, reportInput } from "../../server/src/service/analysis/report-input.ts";
import { segmentSteps } from "../../server/src/service/analysis/segment-report.ts";
import { decisionKpi, mayShip } from "../../server/src/stats/deciding.ts";
import { seededRandom } from "../../server/src/stats/random.ts";
import { reachedNow } from "../../server/src/stats/reached.ts";
import type { Report } from "../../server/src/stats/report.ts";
import { finished } from "../../server/src/stats/steps.ts";
import { summarize } from "../../server/src/stats/summarize.ts";
import { comparisonsOf, DOORS, type Door, type Heard, isClaim, listenTo, nothingHeard } from "./doors-heard.ts";
import { DIFFERENT, LIVES, type Life, live } from "./doors-lived.ts";
import { chosenLate, DAYS, Lab, LOOKS, PARTICIPANTS, START_MS, WHOLE, WORLDS, type World } from "./doors-world.ts";
import { atLeast, notAbove, percent, type Target } from "./target.ts";

const ALPHA = 0.05;

/** Lives are played one after the other: their clocks are driven, and their servers' parts wait for each other. */
export async function doors(): Promise<Target[]> {
  const targets = WORLDS.map((world, at) => {
    const heard = Array.from({ length: world.runs }, (_, run) => play(world, 42 + at, run));
    return targetOf(world.name, heard);
  });
  for (const [at, life] of LIVES.entries()) targets.push(targetOf(life.name, await lived(life, 52 + at)));
  const found = (await lived(DIFFERENT, 51)).filter(({ claims }) => claims.size > 0).length;
  return [...targets, atLeast(DIFFERENT.name, found, DIFFERENT.runs, 0.8)];
}

async function lived(life: Life, seed: number): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  for (let run = 0; run < life.runs; run += 1) heard.push(await live(life, seed, run));
  return heard;
}

function targetOf(name: string, heard: readonly Heard[]): Target {
  const saying = (is: (said: Heard) => boolean): number => heard.filter(is).length;
  const of = (door: Door): string => `${door} ${percent(saying(({ claims }) => claims.has(door)) / heard.length)}`;
  const anything = saying(({ claims, hints }) => claims.size + hints.size > 0) / heard.length;
  return notAbove(
    `${name}: ${DOORS.map(of).join(", ")}; with hints ${percent(anything)}`,
    saying(({ claims }) => claims.size > 0),
    heard.length,
    ALPHA,
  );
}

/** An experiment is over with the first claim. */
function play(world: World, seed: number, run: number): Heard {
  const lab = new Lab(world, seededRandom(seed, run));
  const heard = nothingHeard();
  for (let look = 0; look < LOOKS && heard.claims.size === 0; look += 1) {
    const startMs = START_MS + (look * DAYS * DAY_MS) / LOOKS;
    const nowMs = START_MS + ((look + 1) * DAYS * DAY_MS) / LOOKS - 1;
    lab.join(startMs, PARTICIPANTS / LOOKS);
    const isDayOver = dayOf(nowMs + (DAYS * DAY_MS) / LOOKS) > dayOf(nowMs);
    const isChoice = world.isChosenLate === true && look === LOOKS / 4;
    // The planned look asks for less than any other.
    const mayClaim = lab.isLookDue || lab.mayClaim(heard.hints.has("explored"));
    if (!isDayOver && !isChoice && !mayClaim) continue;
    const counts = lab.crowd.counts();
    const calendar = { nowMs, today: dayOf(nowMs), createdAtMs: START_MS, createdDay: dayOf(START_MS) };
    const days = daysOf(counts, calendar);
    if (isChoice) chosenLate(lab, counts);
    lab.note(counts, days, nowMs);
    listen(lab, { counts, days, nowMs, mayClaim }, heard);
  }
  return heard;
}

interface Look {
  readonly counts: Counts;
  readonly days: Days;
  readonly nowMs: number;
  readonly mayClaim: boolean;
}

function listen(lab: Lab, { counts, days, nowMs, mayClaim }: Look, heard: Heard): void {
  const { experiment } = lab;
  const { claims, hints } = heard;
  const segments = finished(segmentSteps(experiment, counts));
  const isAlarmed = segments?.dimensions.some(({ values }) => values.some(({ mismatch }) => mismatch)) === true;
  const conflicts = conflictsOf(experiment, counts, null);
  const hear = (door: Door, is: boolean): void => {
    if (is) claims.add(door);
  };
  hear("split", isAlarmed);
  hear("ids", conflicts?.alarm === true);
  if (segments !== null && segments.sentences.length > 0) hints.add("segments");
  if (!isAlarmed && !mayClaim && !lab.isMissplit) return;
  const { input, kpis } = reportInput(experiment, counts, WHOLE, days);
  const report = summarize({ ...input, claimsAlone: true });
  const { sampleRatio } = report;
  const isMismatched = sampleRatio.kind === "tested" && sampleRatio.latched;
  const reached = reachedNow(report, decisionKpi(report), mayShip(report)).flatMap(({ kpi: at, arm, ...one }) => {
    const kpi = kpis[at];
    const when = { atMs: nowMs, day: dayOf(nowMs) };
    return kpi === undefined ? [] : [{ ...judgedOn(experiment, kpi), ...one, ...when, alternative: arm }];
  });
  const facts = [
    ...reached.flatMap((one) => conclusionFact(experiment, one)),
    ...(isMismatched ? [mismatchFact(segments)] : []),
    ...causeFacts(experiment, segments),
  ];
  listenTo(report, heard);
  hear("webhook", facts.length > 0);
  const isLeftOut = conflicts !== null && mayBeLeftOut(experiment);
  if (isLeftOut && isClaim(withoutConflicts(lab, counts, days))) hints.add("without people with two ids");
  const question = banditQuestion(experiment, counts, report.settings, 0);
  if (question !== null) {
    const evenly = summarize({ ...question.input, claimsAlone: true }).kpis.flatMap(comparisonsOf);
    if (evenly.some(({ conclusion }) => conclusion !== "undecided")) hints.add("evenly drawn");
  }
  const conclusions = [...experiment.noticed.conclusions, ...reached];
  lab.experiment = withFacts(withNoticed(experiment, { conclusions }), facts, nowMs);
}

function withoutConflicts({ experiment }: Lab, counts: Counts, days: Days): Report {
  const fresh = withNoticed(experiment, { conclusions: [], finalLook: null });
  return summarize({ ...reportInput(fresh, counts.withoutConflicts(), WHOLE, days).input, claimsAlone: true });
}
