/** Smaller things that were said wrong (results.md, F18 and F12). */
import { expect, test } from "vitest";
import { sharedLab } from "./lab.ts";

const lab = sharedLab();

test("values that are all the same are called so, instead of asking for participants who are there", async () => {
  await lab.plan("same", ["a", "b"], { kpi: "", role: "primary", decides_on: "mean" });
  await lab.fill("same", { counts: { a: [300, 300], b: [310, 310] }, value: () => 5 });
  expect(await lab.sentence("same")).toBe("Too early: all values of value per visitor are the same so far.");
  expect(await lab.words("/experiments/same/")).toContain("All values are the same so far");
});

test("an alternative that is called like the people in it keeps its name on every page", async () => {
  await lab.fill("words", { counts: { control: [3000, 150], participants: [3000, 300] } });
  const sentence = await lab.sentence("words");
  expect(sentence).toMatch(/^Ship participants: conversion rate is up/);
  for (const path of ["/experiments/words/", "/experiments/words/readout", "/all"]) {
    expect(await lab.words(path)).toContain("Ship participants");
  }
  expect(await lab.words("/experiments/words/")).not.toContain("Ship visitors");
});

test("an alternative whose values don't differ leaves nobody's chance to be best at certainty", async () => {
  await lab.plan("spread", ["a", "b"], { kpi: "", role: "primary", decides_on: "mean" });
  await lab.fill("spread", { counts: { a: [400, 0], b: [400, 4] }, value: () => 9 });
  expect(await lab.report("spread")).toMatchObject({
    kpis: [
      {
        means: [
          { chance_to_be_best: null, expected_loss: null },
          { chance_to_be_best: null, expected_loss: null },
        ],
      },
    ],
  });
});

test("the forms say that whoever was left out stays out, and so it is", async () => {
  const join = (client: string) => ({
    participate: { experiment: "narrow", alternatives: ["a", "b"], client_id: client, traffic_fraction: "0.2" },
  });
  const clients = Array.from({ length: 200 }, (_, number) => join(`client ${number}`));
  await lab.batch(clients);
  expect(await lab.words("/experiments/narrow/share")).toContain("Whoever was left out stays out when it is raised");
  expect(await lab.words("/experiments/narrow/")).toContain("whoever was left out stays out");
  const { total_participants: before } = (await lab.json("narrow")) as { total_participants: number };
  expect((await lab.act("narrow/traffic", { traffic_fraction: "1" })).status).toBe(200);
  await lab.batch(clients);
  expect(await lab.json("narrow")).toMatchObject({ total_participants: before });
});

test("a bandit says by how much more or less another could convert, however much that is", async () => {
  await lab.plan("bandit", ["a", "b"], { kpi: "", role: "primary", better: "lower" });
  expect((await lab.act("bandit/policy", { policy: "thompson" })).status).toBe(200);
  await lab.fill("bandit", { counts: { a: [150, 20], b: [150, 18] }, days: 3 });
  const words = await lab.words("/experiments/bandit/", /<div class="panel" id="bandit".*?<\/div>/s);
  expect(words).toMatch(/another could still be \d+(\.\d)?% lower\./);
  await lab.batch([{ participate: { experiment: "wide", alternatives: ["a", "b"], client_id: "x", prefetch: "yes" } }]);
  expect((await lab.act("wide/policy", { policy: "thompson" })).status).toBe(200);
  await lab.fill("wide", { counts: { a: [4, 0], b: [5, 1] }, days: 1 });
  expect(await lab.words("/experiments/wide/")).toMatch(/another could still be \d{3,}% higher\./);
});

test("that nobody converts is said by page, list and JSON together, and not before two days have passed", async () => {
  await lab.fill("mute", { counts: { a: [600, 0], b: [600, 0] }, days: 1 });
  const seen = async () => ({
    page: await lab.words("/experiments/mute/", /<section class="section" aria-labelledby="health">.*?<\/section>/s),
    list: await lab.words("/all?q=mute"),
    json: await lab.report("mute"),
    range: await lab.report("mute", `?from=${lab.ago(1)}`),
  });
  const early = await seen();
  expect(early.page).toContain("Nobody has converted yet.");
  expect(early.list).not.toContain("Nobody converts");
  expect(early.json).toMatchObject({ health: { missing: { arms: [], conversions: false } } });
  lab.context.pass(2 * 86_400_000);
  await lab.fill("mute", { counts: { a: [10, 0], b: [10, 0] }, crowd: "later", days: 1 });
  const late = await seen();
  expect(late.page).toContain("Nobody converts.");
  expect(late.list).toContain("Nobody converts.");
  expect(late.json).toMatchObject({ health: { missing: { conversions: true } } });
  expect(late.range).toMatchObject({ health: { missing: { conversions: false } } });
});

test("a bandit advises nothing before anybody reached the KPI it is planned on", async () => {
  await lab.plan("awaited", ["a", "b"], { kpi: "purchase", role: "primary" });
  expect((await lab.act("awaited/policy", { policy: "thompson" })).status).toBe(200);
  await lab.fill("awaited", { counts: { a: [300, 0], b: [300, 0] } });
  expect(await lab.report("awaited")).toMatchObject({ bandit: { kpi: "purchase", stopping: null } });
  expect(await lab.words("/experiments/awaited/")).toContain("Learning has not begun: nobody reached purchase yet");
});

test("a bandit keeps shares equal where a mean decides, and page, JSON and verdict say so", async () => {
  await lab.plan("sales", ["a", "b"], { kpi: "", role: "primary", decides_on: "mean" });
  expect((await lab.act("sales/policy", { policy: "thompson" })).status).toBe(200);
  const value = (arm: string, number: number) => (arm === "a" ? 12 : 10) + (number % 3);
  await lab.fill("sales", { counts: { a: [300, 150], b: [300, 165] }, value });
  expect(await lab.report("sales")).toMatchObject({
    verdict: {
      sentence: expect.stringContaining(
        "Shares stay equal: the bandit shifts traffic by rates only, and a mean decides.",
      ),
    },
    bandit: {
      caution: expect.stringMatching(/^Shares stay equal: the mean of the default KPI decides, /),
      stopping: null,
      next_batch: null,
    },
  });
  const section = await lab.words(
    "/experiments/sales/",
    /<section class="section" aria-labelledby="bandit-title">.*?<\/section>/s,
  );
  expect(section).toContain("Shares stay equal: the mean of the default KPI decides");
  expect(section).not.toContain("is the best with a chance");
});
