/** What undo, and the page that offers it, make of a log that somebody wrote by hand or that was damaged. */
import { describe, expect, it } from "vitest";
import { ACTS, logWord } from "../../../src/service/administer/acts/acts.ts";
import { reset } from "../../../src/service/administer/acts/ending.ts";
import { setAbout } from "../../../src/service/administer/acts/ownership.ts";
import { describe as description, setArchived, setIntake } from "../../../src/service/administer/acts/state.ts";
import { undo } from "../../../src/service/administer/acts/undo.ts";
import { fieldChanges } from "../../../src/service/administer/field-changes.ts";
import { withWaysBack } from "../../../src/service/administer/ways-back.ts";
import { participate } from "../../../src/service/participate.ts";
import * as make from "../../support/make.ts";
import { laterCodeOf } from "../../support/refusal.ts";
import { storedExperiment } from "../../support/store.ts";

const ACT = { name: "service", actor: "ann" };

/** Every word whose act can be taken back. */
const WORDS = ACTS.flatMap(({ log }) => Object.keys(log)).filter((word) => logWord(word)?.part !== undefined);

/** Broken JSON, JSON of another shape, values that no act takes, and text that is none. */
const DAMAGED = [
  '{"owner":"ann"',
  "{broken",
  "[",
  "null",
  "0",
  "{}",
  "[]",
  "[null]",
  "[1]",
  '["a"]',
  '{"owner":7}',
  '{"owner":"ann","tags":"x"}',
  '{"__proto__":{"owner":"ann"}}',
  '[{"name":null,"cap":{"amount":"much"}}]',
  '[{"name":null,"cap":null}]',
  '[{"name":null,"better":"sideways"}]',
  '[{"name":"no-such-kpi","label":"x"}]',
  '[{"day":"yesterday","text":"x"}]',
  '[{"day":20000,"text":["x"]}]',
  '{"starts_at":"never"}',
  '{"on_harm":"explode"}',
  "closed since the flood",
  "closed since 2026-02-30T00:00:00.000Z",
  "no-such-alternative",
  "no-such-kpi",
  "perhaps",
  "",
  " ",
  "\u0000",
];

describe("an entry of the log that says nothing of what was there before", () => {
  it.each(WORDS)("of %s is not undone, and its row offers no undo", async (action) => {
    const context = make.context();
    await participate(context, make.request());
    const experiment = await storedExperiment(context.store, "service");
    const part = logWord(action)?.part;
    if (part === undefined) throw new Error("Expected a part");
    const after = part.stateOf(experiment);
    for (const [index, before] of DAMAGED.entries()) {
      const entry = { atMs: make.NOW_MS + index, experiment: experiment.name, actor: "eve", action, before, after };
      // A description may be any text.
      if (action === "describe") continue;
      await context.store.activity.append(entry);
      const code = await laterCodeOf(() => undo(context, ACT, entry));
      // Some parts say themselves what they take.
      expect(["nothing-to-undo", "unknown-alternative", "invalid-form", "invalid-datetime"]).toContain(code);
      expect(await storedExperiment(context.store, "service")).toEqual(experiment);
      const [row] = await withWaysBack(context, [entry], [entry]);
      expect([before, row?.back]).toEqual([before, undefined]);
      expect(fieldChanges(entry)).toEqual(expect.any(Array));
    }
  });

  it("is a row that says so, beside what can be read", () => {
    expect(fieldChanges({ action: "tell-about", before: "{broken", after: '{"owner":"ann"}' })).toEqual([
      { field: null, before: "can't be read: {broken", after: '{"owner":"ann"}' },
    ]);
    expect(fieldChanges({ action: "set-traffic", before: "0.5", after: "half" })).toEqual([
      { field: null, before: "50%", after: "half" },
    ]);
  });

  it("leaves every honest one undone as before, to the state that it names", async () => {
    const context = make.context();
    await participate(context, make.request());
    const first = await storedExperiment(context.store, "service");
    for (const act of [
      () => setAbout(context, ACT, { owner: "ann", tags: ["a", "b"] }),
      () => setAbout(context, ACT, { owner: "bob", hypothesis: "more" }),
      () => setIntake(context, ACT, "closed"),
      () => setArchived(context, ACT, true),
    ]) {
      const before = await storedExperiment(context.store, "service");
      context.pass(1_000);
      await act();
      const [entry] = await context.store.activity.read({ limit: 1 });
      if (entry === undefined) throw new Error("Expected an entry");
      const [row] = await withWaysBack(context, [entry], [entry]);
      expect(row?.back).toEqual({ kind: "undo" });
      context.pass(1_000);
      await undo(context, ACT, entry);
      const { version: _, ...stored } = await storedExperiment(context.store, "service");
      const { version: __, ...expected } = before;
      expect(stored).toEqual(expected);
      context.pass(1_000);
      await act();
    }
    expect(first.name).toBe("service");
  });
});

it("ends with a life: what was set before a reset stays, though the new life has it too", async () => {
  const context = make.context();
  await participate(context, make.request());
  await description.run(context, ACT, { body: { description: "why" }, params: {} });
  const [entry] = await context.store.activity.read({ limit: 1 });
  if (entry === undefined) throw new Error("Expected an entry");
  context.pass(1_000);
  await reset(context, ACT);
  expect(await laterCodeOf(() => undo(context, ACT, entry))).toBe("edit-conflict");
  const log = await context.store.activity.read({ limit: 5 });
  expect((await withWaysBack(context, log, [entry]))[0]?.back).toBeUndefined();
  expect(await storedExperiment(context.store, "service")).toMatchObject({ description: "why" });
});
