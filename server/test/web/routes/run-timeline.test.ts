import { expect, test } from "vitest";
import { dayOf } from "../../../src/domain/period.ts";
import { setAbout } from "../../../src/service/administer/acts/ownership.ts";
import { setArchived, setPaused, setWinner } from "../../../src/service/administer/acts/state.ts";
import { readTimeline } from "../../../src/service/report/run-spans.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";
import { TalliedStore } from "../tallied.ts";

const DAY_MS = 86_400_000;
const ALL = { status: "all", text: "", owner: null, tag: null } as const;

test("experiments lie on one axis from their first visitor to their end, and say who ran beside them", async () => {
  const store = new TalliedStore();
  const context = make.context({ store });
  const today = dayOf(context.clock.nowMs());
  const add = (name: string, days: number, ago: number) =>
    store.add(
      { name, rates: { a: 0.1, b: 0.1 }, participants: 400, days },
      dayOf(context.clock.nowMs() - ago * DAY_MS),
    );
  await add("old", 5, 30);
  await add("middle", 20, 10);
  await add("new", 8, 0);
  await createExperiment(context, "draft");
  await setPaused(context, { name: "middle", actor: "x" }, true);
  await setPaused(context, { name: "old", actor: "x" }, true);
  await setAbout(context, { name: "new", actor: "x" }, { tags: ["q2"] });
  const { spans, from, to, busiest, without } = await readTimeline(context, ALL, null);
  expect(
    spans.map(({ experiment, from, to, isOpen, overlaps }) => [
      experiment.name,
      today - from,
      today - to,
      isOpen,
      overlaps,
    ]),
  ).toEqual([
    ["old", 34, 30, false, []],
    ["middle", 29, 10, false, []],
    ["new", 7, 0, true, []],
  ]);
  expect([from, to, busiest?.running, without]).toEqual([today - 34, today, 1, 1]);
  await add("long", 33, 0);
  const beside = await readTimeline(context, ALL, "middle");
  expect(beside.spans.map(({ experiment, overlaps }) => [experiment.name, overlaps])).toEqual([
    ["long", ["old", "middle", "new"]],
    ["middle", ["long"]],
  ]);
  // The end of one that is archived is the day of its archiving.
  await setArchived(context, { name: "old", actor: "x" }, true);
  const again = await readTimeline(context, ALL, null);
  expect(again.spans.map(({ experiment, to }) => [experiment.name, today - to])).toContainEqual(["old", 0]);
  // Also where somebody says later which alternative won.
  context.pass(DAY_MS);
  await setWinner(context, { name: "old", actor: "x" }, "b");
  const decided = await readTimeline(context, ALL, null);
  expect(decided.spans.map(({ experiment, to }) => [experiment.name, today - to])).toContainEqual(["old", 0]);
  context.pass(-DAY_MS);
  const app = openApp(context);
  const page = (await app.inject({ url: "/timeline?tag=q2", headers: { accept: "text/html" } })).body;
  expect(page).toContain("1 experiment,");
  expect(page).toContain("to today, 8 days");
  // And the way back to the list, with what narrows it.
  expect(page).toContain('href="/all?tag=q2">Table</a>');
  const active = (await app.inject({ url: "/timeline?status=active", headers: { accept: "text/html" } })).body;
  expect(active).toContain('href="/?view=cards">Cards</a>');
  expect(active).toContain('<input type="hidden" name="status" value="active"');
  expect((await app.inject({ url: "/timeline?status=never", headers: { accept: "text/html" } })).statusCode).toBe(400);
  expect((await app.inject({ url: "/?tag=q2", headers: { accept: "text/html" } })).body).toContain(
    'href="/timeline?status=active&amp;tag=q2"',
  );
  await app.close();
});
