/** Files of experiments: what is written comes back as it was, and what differs is told in words before it is made. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SixpackError } from "../../src/domain/errors.ts";
import { takesNewClients } from "../../src/domain/experiment.ts";
import { describeKpi } from "../../src/service/administer/acts/kpi-settings.ts";
import { setSlice } from "../../src/service/administer/acts/layer-acts.ts";
import { setNotes } from "../../src/service/administer/acts/note-acts.ts";
import { setAbout } from "../../src/service/administer/acts/ownership.ts";
import { setPlan } from "../../src/service/administer/acts/set-plan.ts";
import { setSchedule } from "../../src/service/administer/acts/set-schedule.ts";
import {
  addAlternative,
  policy,
  retireAlternative,
  setTrafficFraction,
  setWeights,
} from "../../src/service/administer/acts/sharing.ts";
import { setPaused } from "../../src/service/administer/acts/state.ts";
import { declare } from "../../src/service/administer/declare.ts";
import { applyFile, pruneFile } from "../../src/service/as-code/apply-file.ts";
import {
  EXPERIMENTS_SCHEMA,
  type ExperimentsFile,
  fileOf,
  parseExperimentsFile,
  yamlOf,
} from "../../src/service/as-code/experiments-file.ts";
import { overridesFile } from "../../src/service/as-code/overrides-file.ts";
import { PARTS } from "../../src/service/as-code/parts.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { scheduleKeeper } from "../../src/service/keep-schedules.ts";
import * as make from "../support/make.ts";
import { createExperiment, crowd, record } from "../web/support.ts";

const ASSIGNMENT = JSON.parse(readFileSync(new URL("../../../conformance/assignment.json", import.meta.url), "utf8"));

/** Every experiment of the conformance cases, and one for each thing that a definition can say. */
async function filled(): Promise<ServiceContext> {
  const context = make.context();
  for (const [number, { experiment, alternatives }] of conformanceCases().entries()) {
    await createExperiment(
      context,
      experiment,
      Array.from({ length: alternatives }, (_, index) => `a${index}`),
    );
    const act = { name: experiment, actor: "x" };
    if (number % 3 === 0) await setTrafficFraction(context, act, (number + 1) / 1_000);
  }
  const making: Readonly<Record<string, (target: { name: string; actor: string }) => Promise<unknown>>> = {
    "all people": (act) => setTrafficFraction(context, act, 1),
    bandit: (act) => policy.run(context, act, { body: { policy: "thompson", goal: "learn" }, params: {} }),
    grown: async (act) => {
      await addAlternative(context, act, "c");
      await retireAlternative(context, act, "b");
      await addAlternative(context, act, "d");
      await setWeights(context, act, ["1", "2", "3"]);
    },
    layered: (act) => setSlice(context, act, { layer: "checkout", from: 0.25, to: 0.5 }),
    kpis: async (act) => {
      await describeKpi(context, act, "revenue", { label: "Revenue (€)", counts: "value", better: "lower" });
      await describeKpi(context, act, "", { label: "Any", cap: "p99" });
      await describeKpi(context, act, "orders", { cap: "412.5", windowDays: "30" });
    },
    planned: (act) =>
      setPlan(context, act, {
        primary: { kpi: "signup", better: "lower" },
        secondary: [{ kpi: "clicks" }],
        guardrails: [
          { kpi: "errors", better: "lower", margin: "3%" },
          { kpi: "speed", margin: "0.015" },
        ],
        baseline_rate: "33.3333333333%",
        minimum_uplift: "10%",
        roll_back: "each",
      }),
    mean: (act) =>
      setPlan(context, act, {
        primary: { kpi: "revenue", decides_on: "mean" },
        baseline_mean: "0.1234567890123456",
        baseline_deviation: "7",
        minimum_uplift: "5%",
      }),
    scheduled: (act) =>
      setSchedule(context, act, {
        startsAtMs: make.NOW_MS + 1e6,
        closeIntake: make.NOW_MS + 2e6,
        measureForDays: 14,
        endsAtMs: null,
        onHarm: "pause",
      }),
    told: (act) =>
      setAbout(context, act, {
        owner: "ann",
        tags: ["b", "a"],
        hypothesis: "Green: means go\n# no comment",
        ticket: "https://tickets.example/A-1",
      }),
    noted: (act) => setNotes(context, act, [{ day: "2025-02-27", text: "Sale: began" }]),
    segmented: (act) =>
      declare(context, act, {
        alternatives: ["a", "b"],
        weights: undefined,
        trafficFraction: undefined,
        segments: ["device", "plan=free|pro"],
      }),
    paused: (act) => setPaused(context, act, true),
  };
  for (const [name, make] of Object.entries(making)) {
    await createExperiment(context, name, ["a", "b"], { description: `About ${name}: *this*\n\n- and that` });
    await make({ name, actor: "x" });
  }
  await record(context, "planned", crowd(0, 30, 10));
  return context;
}

interface Case {
  readonly experiment: string;
  readonly alternatives: number;
}

/** Each name once, with as many alternatives as its cases have at most. */
function conformanceCases(): readonly Case[] {
  const cases = new Map<string, Case>();
  for (const row of ASSIGNMENT.rows as readonly Case[]) {
    if (row.alternatives >= (cases.get(row.experiment)?.alternatives ?? 2)) cases.set(row.experiment, row);
  }
  return [...cases.values()];
}

async function state({ store }: ServiceContext) {
  return [await store.definitions.list(), await store.activity.read({ limit: 10_000 })];
}

async function exported({ store }: ServiceContext): Promise<ExperimentsFile> {
  return parseExperimentsFile(yamlOf(await store.definitions.list(), "http://x/"));
}

function kinds(applied: Awaited<ReturnType<typeof applyFile>>): Readonly<Record<string, string>> {
  return Object.fromEntries(applied.map(({ name, kind }) => [name, kind]));
}

describe("a file", () => {
  it("that was just exported changes nothing, of every conformance experiment and every field", async () => {
    const context = await filled();
    const file = await exported(context);
    expect(Object.keys(file.experiments).length).toBeGreaterThan(15);
    const used = new Set(Object.values(file.experiments).flatMap((entry) => Object.keys(entry)));
    expect([...used].sort()).toEqual(
      Object.keys(PARTS)
        .filter((key) => key !== "managed_by")
        .sort(),
    );
    const before = await state(context);
    expect(new Set(Object.values(kinds(await applyFile(context, "x", file, false))))).toEqual(new Set(["same"]));
    expect(await state(context)).toEqual(before);
  });

  it("makes the same experiments elsewhere, and the second time nothing", async () => {
    const [from, to] = [await filled(), make.context()];
    const file = await exported(from);
    // A start that lies ahead closes the intake, as it did where it was set.
    expect(new Set(Object.values(kinds(await applyFile(to, "x", file, false))))).toEqual(new Set(["made"]));
    expect(fileOf(await to.store.definitions.list())).toEqual(fileOf(await from.store.definitions.list()));
    const before = await state(to);
    expect(new Set(Object.values(kinds(await applyFile(to, "x", file, false))))).toEqual(new Set(["same"]));
    expect(await state(to)).toEqual(before);
  });

  it("is told in words what it means, by a dry run that changes nothing", async () => {
    const context = make.context();
    await createExperiment(context, "button", ["red", "blue"]);
    const file = parseExperimentsFile(`
managed_by: repo
experiments:
  button:
    alternatives: [red, green, blue]
    weights: [0.5, 0.25, 0.25]
    owner: ann
  new:
    alternatives: [a, b]
    traffic: 0.2
    layer: { name: checkout, slice: [0.5, 1] }
    segments: [device, plan=free|pro]
    kpis: [{ name: revenue, counts: value, cap: 200, window_days: 7 }]
`);
    const before = await state(context);
    const planned = await applyFile(context, "x", file, true);
    expect(await state(context)).toEqual(before);
    expect(planned).toEqual(
      [
        {
          name: "button",
          kind: "changed",
          changes: [
            "added an alternative: none → green",
            "changed the weights: equal shares → red 50%, blue 25%, green 25%",
            "owner: none → ann",
            "left to a repository: people → repo",
            expect.stringMatching(/^a new epoch \(.+\): nobody who takes part moves, results stay valid$/),
          ],
        },
        {
          name: "new",
          kind: "made",
          changes: [
            "declared: none → a, b",
            "changed the traffic: 1 → 0.2",
            "described a KPI: revenue: counts value, revenue: days after joining that count 7, revenue: cap 200",
            "takes the slice checkout 50–100%",
            "segments: device, plan",
            "left to a repository: people → repo",
            "a new experiment: clients take part from their next call on",
          ].map((words) => (words.startsWith("changed the traffic") ? expect.stringContaining("1 → 0.2") : words)),
        },
      ].map((one) => ({ ...one, changes: expect.arrayContaining(one.changes) })),
    );
    expect(await applyFile(context, "x", file, false)).toEqual(planned);
    expect(new Set(Object.values(kinds(await applyFile(context, "x", file, true))))).toEqual(new Set(["same"]));
    expect(await context.store.definitions.read("button")).toMatchObject({ managedBy: "repo", epochs: [{}, {}, {}] });
  });

  it("makes a new experiment in one write with one entry in the log, so that nobody meets half of it", async () => {
    const [from, to] = [await filled(), make.context()];
    await applyFile(to, "ada", await exported(from), false);
    const made = await to.store.definitions.list();
    expect(new Set(made.map(({ version, epochs }) => `${version} ${epochs.length}`))).toEqual(new Set(["1 1"]));
    const log = await to.store.activity.read({ limit: 10_000 });
    expect(log.map(({ actor, action }) => `${actor} ${action}`)).toEqual(made.map(() => "ada declare"));
  });

  it("changes what somebody has made under the same name meanwhile, in the same millisecond too", async () => {
    const context = make.context();
    const { definitions } = context.store;
    const create: typeof definitions.create = async (draft) => {
      await createExperiment(context, draft.name, ["a", "b"], { createdAtMs: draft.createdAtMs });
      return definitions.create(draft);
    };
    const store = { ...context.store, definitions: { ...definitions, create } };
    const file = { experiments: { button: { alternatives: ["a", "b"], owner: "ann" } } };
    await applyFile({ ...context, store }, "x", file, false);
    expect(await definitions.read("button")).toMatchObject({ about: { owner: "ann" } });
    const log = await context.store.activity.read({ limit: 10 });
    expect(log.map(({ action }) => action)).toEqual(["tell-about"]);
  });

  it("with a fault anywhere changes nothing, and the fault is named", async () => {
    const context = make.context();
    await createExperiment(context, "button", ["red", "blue"]);
    const before = await state(context);
    const file = { experiments: { button: { owner: "ann" }, bad: { alternatives: ["a", "a"] } } };
    expect(kinds(await applyFile(context, "x", file, false))).toEqual({ button: "changed", bad: "refused" });
    const other = { experiments: { button: { alternatives: ["blue", "red"] } } };
    expect(await applyFile(context, "x", other, false)).toMatchObject([
      { kind: "refused", changes: ["Expected red first, the control, got blue"] },
    ]);
    expect(await applyFile(context, "x", { experiments: { unmade: { owner: "ann" } } }, false)).toMatchObject([
      { kind: "refused", changes: ["Expected 2 or more alternatives, got 0"] },
    ]);
    expect(await state(context)).toEqual(before);
    await addAlternative(context, { name: "button", actor: "x" }, "green");
    await retireAlternative(context, { name: "button", actor: "x" }, "green");
    const retired = { experiments: { button: { alternatives: ["red", "blue", "green"] } } };
    expect(await applyFile(context, "x", retired, true)).toMatchObject([
      { kind: "refused", changes: ['Expected a name that button never had, got "green"'] },
    ]);
    expect(parseExperimentsFile("experiments: {a: {weights: [1, 1], policy: {kind: uniform}}}")).toBeDefined();
    for (const [text, words] of [
      [
        "experiments:\n  a:\n    weigths: [1, 2]",
        'Expected experiments: a without "weigths" (did you mean `weights`?) at line 3',
      ],
      ["experiment: {}", "experiments"],
      ["experiments: {a: {traffic: 2}}", "experiments: a: traffic must be <= 1, got 2 at line 1"],
      [
        "experiments:\n  a/b~c:\n    # which one?\n    alternatives: { old: 1 }\n",
        'Expected a file of experiments, but experiments: a/b~c: alternatives must be array, got {"old":1} at line 4',
      ],
      [
        "experiments:\n  a:\n    weights: [3, 1]\n    policy: {kind: thompson}\n",
        "experiments: a with `weights` or with `policy`, got both, and thompson sets weights itself at line 3",
      ],
      ["experiments: {a: {weights: [3, 1], policy: {kind: uniform}}}", "got both, and uniform sets weights itself"],
      ["experiments: {a: {policy: thompson}}", 'policy must be object, such as {"kind":"thompson"}, got "thompson"'],
      ["experiments: {a: {schedule: pause}}", "schedule must be null or object, such as {"],
      ["experiments: {a: b}", 'a must be object, such as {"alternatives":["red","blue"]}, got "b"'],
      ["# nothing yet\n", "Expected a file of experiments, but the file must be object, got null at line 1"],
      ["experiments: [", "Flow sequence"],
    ] as const) {
      expect(() => parseExperimentsFile(text)).toThrow(
        expect.objectContaining({ detail: expect.stringContaining(words) }),
      );
    }
  });

  it("that caps a KPI at a percentile of what has come says so before, and sets it", async () => {
    const context = make.context();
    await createExperiment(context, "button", ["red", "blue"]);
    const visits = Array.from({ length: 100 }, (_, at) => ({ client: `c${at}`, index: at % 2, value: at + 1 }));
    await record(
      context,
      "button",
      visits.map((visit) => ({ ...visit, converts: ["revenue"] })),
    );
    await applyFile(context, "x", { experiments: { button: { managed_by: "repo" } } }, false);
    const capped = { experiments: { button: { kpis: [{ name: "revenue", cap: "p99" }] } } };
    const words = "described a KPI: revenue: cap the 99th percentile, 99, chosen after the data were seen";
    expect(await applyFile(context, "x", capped, true)).toMatchObject([{ kind: "changed", changes: [words] }]);
    expect(await applyFile(context, "x", capped, false)).toMatchObject([{ kind: "changed", changes: [words] }]);
    const form = (on: ServiceContext) => describeKpi(on, { name: "button", actor: "x" }, "revenue", { cap: "5" });
    expect(await overridesFile(context, "button", form)).toBe(true);
    expect((await context.store.definitions.read("button"))?.kpis[1]?.cap).toEqual({
      amount: 99,
      p99: true,
      late: true,
    });
  });

  it("makes on another server an experiment that has started where it came from, and it takes visitors in", async () => {
    const context = make.context();
    const wanted = (terms: string) =>
      parseExperimentsFile(`experiments: {button: {alternatives: [a, b], schedule: {${terms}}}}`);
    const file = wanted("starts_at: 2025-01-15T09:00, ends_at: 2025-06-01T09:00");
    expect(await applyFile(context, "x", file, false)).toMatchObject([{ kind: "made" }]);
    expect(await applyFile(context, "x", file, false)).toMatchObject([{ kind: "same" }]);
    const stored = await context.store.definitions.read("button");
    expect(stored && takesNewClients(stored)).toBe(true);
    await scheduleKeeper(context)(make.NOW_MS);
    const kept = await context.store.definitions.read("button");
    expect(kept?.schedule?.done).toMatchObject([{ step: "start", action: null }]);
    const over = "Expected `ends_at` as a time that lies ahead, got 2025-02-01T09:00:00.000Z";
    expect(await applyFile(context, "x", wanted("ends_at: 2025-02-01T09:00"), false)).toMatchObject([
      { kind: "refused", changes: [over] },
    ]);
  });

  it("that no longer names an experiment archives it, if a repository managed it", async () => {
    const context = make.context();
    for (const name of ["kept", "gone", "by-people"]) await createExperiment(context, name, ["a", "b"]);
    const managed = { experiments: { kept: { managed_by: "repo" }, gone: { managed_by: "repo" } } };
    await applyFile(context, "x", managed, false);
    const kept = new Set(["kept"]);
    expect(await pruneFile(context, "x", kept, true)).toMatchObject([{ name: "gone", kind: "archived" }]);
    expect((await context.store.definitions.list()).filter(({ archived }) => archived)).toEqual([]);
    await pruneFile(context, "x", kept, false);
    const archived = (await context.store.definitions.list()).filter((one) => one.archived).map(({ name }) => name);
    expect(archived).toEqual(["gone"]);
    expect(await pruneFile(context, "x", kept, false)).toEqual([]);
  });

  it("has a schema that the package carries", () => {
    const published = readFileSync(new URL("../../../docs/experiments.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(EXPERIMENTS_SCHEMA)));
  });
});

it("says of a store that fails what it says, and calls nothing of the file refused", async () => {
  const context = make.context();
  const file = parseExperimentsFile("experiments:\n  button: {alternatives: [a, b]}\n");
  context.store.definitions.read = async () => {
    throw new SixpackError("store-unavailable");
  };
  await expect(applyFile(context, "ci", file, true)).rejects.toMatchObject({ code: "store-unavailable" });
});
