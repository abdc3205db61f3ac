/** What is told is what decides: over random experiments and calls, and in words for a few. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withAlternative, withEpoch, withRetired, withSlice, withTrafficFraction } from "../../src/domain/epochs.ts";
import { type Experiment, withArchived, withIntake, withPaused, withWinner } from "../../src/domain/experiment.ts";
import { parseClientId } from "../../src/domain/names.ts";
import { viewClient } from "../../src/service/client-view.ts";
import { type Explanation, explain } from "../../src/service/explain.ts";
import { participateLinked } from "../../src/service/link-ids.ts";
import { type AnswerReason, type ParticipateAnswer, participate } from "../../src/service/participate.ts";
import type { Peek, Store } from "../../src/store/store.ts";
import { ModelStore } from "../store/model/model-store.ts";
import * as make from "../support/make.ts";
import { change, storedExperiment, talliesOf } from "../support/store.ts";
import { createExperiment, record } from "../web/support.ts";

/** What may have happened to an experiment, in any order. */
const CHANGES: Readonly<Record<string, (experiment: Experiment) => Experiment>> = {
  winner: (experiment) => withWinner(experiment, "green"),
  paused: (experiment) => withPaused(experiment, true),
  archived: (experiment) => withArchived(experiment, true),
  intake: (experiment) => withIntake(experiment, 1),
  half: (experiment) => withTrafficFraction(experiment, 0.5, 1),
  slice: (experiment) => withSlice(experiment, { layer: "checkout", from: 0.6, to: 0.7 }, 1),
  held: (experiment) => ({ ...experiment, trafficHeld: true }),
  weights: (experiment) =>
    withEpoch(experiment, { weights: [0.1, 0.2, 0.7], policy: { kind: "weighted" } }, "weights", 1),
  retired: (experiment) => withRetired(experiment, "blue", 1),
  added: (experiment) => withAlternative(experiment, "pink" as never, 1),
  compacted: (experiment) => ({ ...experiment, compacted: true }),
};

/** The steps from which a reason may come. */
const STEPS: Readonly<Record<AnswerReason, readonly string[]>> = {
  assigned: ["record", "policy"],
  excluded: ["record", "traffic"],
  "outside-slice": ["record", "layer"],
  prefetched: ["layer", "traffic", "policy"],
  "unknown-to-caller": ["alternatives"],
  "intake-closed": ["intake"],
  forced: ["force"],
  disabled: ["enabled"],
  winner: ["winner"],
  filtered: ["filter"],
  archived: ["archived"],
  paused: ["paused"],
  "no-experiment": [],
};

type Told = Pick<ParticipateAnswer, "index" | "reason"> | { readonly refused: string };

async function toldBy(ask: () => unknown): Promise<Told> {
  try {
    const { index, reason } = (await ask()) as ParticipateAnswer;
    return { index, reason };
  } catch (error) {
    return { refused: String(error) };
  }
}

const CALL = fc.record({
  client: fc.constantFrom("known", "known", "new", "other", "x", "y", "z"),
  force: fc.constantFrom(undefined, undefined, "green", "blue", "nobody"),
  recordForce: fc.boolean(),
  prefetch: fc.boolean(),
  trafficFraction: fc.constantFrom(undefined, undefined, 0.2, 1),
  userAgent: fc.constantFrom(undefined, undefined, "Googlebot/2.1"),
  address: fc.constantFrom(undefined, undefined, "10.0.0.7"),
  alternatives: fc.constantFrom(["red", "green", "blue"], ["red", "green", "blue"], ["red", "green"], ["red", "no"]),
});

/** Another id of the same person, which the call would link. */
const PREVIOUS = fc.constantFrom(undefined, undefined, "known", "new", "x").map((id) => id && parseClientId(id));

/** The traffic fraction of the call that makes the experiment, and whether this process remembers clients. */
const FIRST = fc.record({ trafficFraction: fc.constantFrom(null, 1, 1, 1e-9, 1e-9), remembers: fc.boolean() });

/** A process that has to look every client up. */
function forgetful(): Store {
  const store = new ModelStore();
  const peek: Peek = { ...store.peek, assignment: () => undefined };
  return Object.assign(Object.create(store), { peek });
}

describe("an explanation", () => {
  it("is the answer that the call itself would get, of the step that gives it, and writes nothing", async () => {
    const seen = new Set<string>();
    const changes = fc.uniqueArray(fc.constantFrom(...Object.keys(CHANGES)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(changes, CALL, PREVIOUS, fc.boolean(), FIRST, async (names, call, previous, enabled, first) => {
        const context = make.context({
          settings: { enabled },
          store: first.remembers ? new ModelStore() : forgetful(),
        });
        const exists = first.trafficFraction !== null;
        if (exists) {
          const { trafficFraction } = first;
          for (const client of ["known", "x"]) {
            await participate(
              make.context({ store: context.store }),
              make.request({ client, ...(trafficFraction === null ? {} : { trafficFraction }) }),
            );
          }
        }
        for (const name of exists ? names : []) {
          const next = CHANGES[name];
          if (next !== undefined) await change(context.store, "service", next).catch(() => {});
        }
        const request = make.request({ ...call, mayCreate: false });
        const state = async () => [
          await context.store.definitions.list(),
          exists ? await talliesOf(context.store, "service") : [],
          await context.store.activity.read({ limit: 100 }),
        ];
        const before = await state();
        let explained: Explanation | undefined;
        const told = await toldBy(async () => {
          explained = await explain(context, request, previous);
          return explained.answer;
        });
        expect(await state()).toEqual(before);
        const ask = () =>
          previous === undefined ? participate(context, request) : participateLinked(context, request, previous);
        expect(told).toEqual(await toldBy(ask));
        if (explained === undefined || "refused" in told) return;
        const { steps } = explained;
        expect(steps.map(({ answered }) => answered)).toEqual(steps.map((_, at) => at === steps.length - 1));
        const last = steps.at(-1)?.step;
        expect([told.reason, last]).toEqual([told.reason, STEPS[told.reason].find((step) => step === last)]);
        seen.add(`${told.reason} ${last}`);
      }),
      { numRuns: 2_500, seed: 11 },
    );
    const all = Object.entries(STEPS).flatMap(([reason, steps]) =>
      steps.length === 0 ? [`${reason} undefined`] : steps.map((step) => `${reason} ${step}`),
    );
    expect([...seen].sort()).toEqual(all.sort());
  });

  it("says in words what each step found", async () => {
    const context = make.context();
    await participate(context, make.request({ client: "known" }));
    await change(context.store, "service", (stored) => withTrafficFraction(stored, 0.000_001, 1));
    const says = async (call: Parameters<typeof make.request>[0]) =>
      (await explain(context, make.request(call))).steps.map((step) => step.says);
    expect((await says({ client: "known" })).at(-1)).toBe("Recorded on 2025-03-01: blue.");
    const linked = await explain(context, make.request({ client: "new" }), parseClientId("known"));
    expect(linked.steps.at(-1)?.says).toBe("Recorded under the previous id on 2025-03-01: blue.");
    expect((await says({ client: "new" })).slice(-4)).toEqual([
      "No record of this client.",
      "New clients are taken in.",
      "The call names every alternative.",
      expect.stringMatching(/^The client's place is 0\.\d{4} of 1, and 0.000001 are taken in: outside, the control\.$/),
    ]);
    expect((await says({ client: "new", trafficFraction: 1 })).at(-1)).toMatch(
      /^The hash of experiment and client chooses \w+ \(equal shares, 33\.3% \/ 33\.3% \/ 33\.3%\)\.$/,
    );
    expect(await says({ force: "nobody", userAgent: "Googlebot" })).toEqual([
      'The call forces "nobody", which is no alternative: passed over.',
      "The server is switched on.",
      "No winner is set.",
      "The user agent is a robot's: the control, and nothing is counted.",
    ]);
    expect(await storedExperiment(context.store, "service")).toMatchObject({ epochs: [{}, {}] });
  });
});

describe("one client", () => {
  it("is shown in every experiment that has a record of it, and in the one asked for; the log says who looked", async () => {
    const context = make.context();
    for (const name of ["b", "a", "c", "d"]) await createExperiment(context, name);
    await record(context, "b", [{ client: "ann", index: 1, converts: ["sales"], value: 3 }]);
    await record(context, "a", [{ client: "ann", index: null }]);
    const client = parseClientId("ann");
    const views = await viewClient(context, client, { experiment: "d" }, "ed");
    expect(views.map(({ experiment, answer }) => [experiment.name, answer.reason])).toEqual([
      ["a", "excluded"],
      ["b", "assigned"],
      ["d", "assigned"],
    ]);
    expect(views[1]?.record?.conversions).toEqual([{ kpi: 1, day: views[1]?.record?.day, events: 1, total: 3 }]);
    expect(await context.store.activity.read({ limit: 9 })).toMatchObject([
      { action: "look-up-client", actor: "ed", before: expect.stringMatching(/^client [0-9a-f]{6}…$/) },
    ]);
    expect(await viewClient(context, parseClientId("nobody"), {}, "ed")).toEqual([]);
    expect(await viewClient(context, client, { force: "red" }, "ed")).toMatchObject([
      { answer: { reason: "forced", index: 0 } },
      { answer: { reason: "forced", index: 0 } },
    ]);
  });
});
