/**
 * Nothing holds the event loop: pages and files of an experiment with tens of thousands of days, and lists of thousands
 * of experiments, are made in many turns, between which calls are answered. Turns are counted, not milliseconds.
 */
import { expect, test } from "vitest";
import { slimDetails } from "../../../src/api/details.ts";
import { assigned } from "../../../src/domain/assignment.ts";
import type { Day } from "../../../src/domain/period.ts";
import { onDay } from "../../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import { ITEMS_PER_PIECE } from "../../../src/stats/steps.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";
import { TalliedStore } from "../tallied.ts";

const DAYS = 20_000;
const EXPERIMENTS = 1_000;

function tallies(): readonly Tally[] {
  return Array.from({ length: DAYS }, (_, day) =>
    [0, 1].map((index) => ({
      epoch: 0,
      assignment: assigned(index),
      metric: PARTICIPATION,
      subset: onDay(day as Day),
      clients: 3,
      events: 3,
      sum: 0,
      squares: 0,
    })),
  ).flat();
}

/** Turns of the event loop that pass until `work` is done. */
async function turnsOf(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const count = () => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await work();
  done = true;
  return turns;
}

test("what is made of tens of thousands of days takes a turn for every two thousand of their tallies", async () => {
  const store = new TalliedStore();
  const context = make.context({ store });
  const experiment = await createExperiment(context, "long");
  store.write(experiment, tallies());
  const app = openApp(context);
  const least = (2 * DAYS) / ITEMS_PER_PIECE;
  for (const [method, url] of [
    ["GET", "/experiments/long/"],
    ["GET", "/experiments/long/?period=year&from=2000-01-01"],
    ["GET", "/experiments/long/chart.svg"],
    ["GET", "/experiments/long/summary.md"],
    ["GET", "/experiments/long/export.csv"],
    ["POST", "/experiments/long/export"],
    ["GET", "/experiments/long.json"],
    ["GET", "/experiments.json"],
    ["GET", "/experiments/long/delete"],
  ] as const) {
    const turns = await turnsOf(async () => {
      expect([url, (await app.inject({ method, url })).statusCode]).toEqual([url, 200]);
    });
    expect([url, turns >= least]).toEqual([url, true]);
  }
  expect(await turnsOf(() => slimDetails(context, "long"))).toBeGreaterThanOrEqual(least);
});

test("a list of many experiments is made a few at a time", async () => {
  const context = make.context();
  for (let number = 0; number < EXPERIMENTS; number += 1) await createExperiment(context, `number-${number}`);
  const app = openApp(context);
  const turns = await turnsOf(async () => expect((await app.inject("/experiments.json")).statusCode).toBe(200));
  expect(turns).toBeGreaterThan(EXPERIMENTS);
});
