/**
 * Random acts on the experiments of two layers, on every engine, while visitors come: whatever people do, nobody is in two
 * experiments of one layer at once, and no two hold the same part of it.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SixpackError } from "../../../src/domain/errors.ts";
import { currentEpoch, type Experiment } from "../../../src/domain/experiment.ts";
import { remove, reset, restore } from "../../../src/service/administer/acts/ending.ts";
import { setSlice } from "../../../src/service/administer/acts/layer-acts.ts";
import { setArchived } from "../../../src/service/administer/acts/state.ts";
import { declare } from "../../../src/service/administer/declare.ts";
import type { ServiceContext } from "../../../src/service/context.ts";
import { participate } from "../../../src/service/participate.ts";
import { embeddedEngine, memoryEngine } from "../../store/engines/local.ts";
import { redisEngine } from "../../store/engines/redis.ts";
import * as make from "../../support/make.ts";

const ENGINES = [memoryEngine(), embeddedEngine(), redisEngine()];
const NAMES = ["one", "two", "three"] as const;
const ALTERNATIVES = ["red", "green"];
const VISITORS = Array.from({ length: 12 }, (_, number) => `visitor-${number}`);

type Slice = { readonly layer: string; readonly from: number; readonly to: number } | undefined;
type Run = (context: ServiceContext, act: { readonly name: string; readonly actor: string }) => Promise<unknown>;

const tenths = fc
  .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 10 }))
  .map(([from, length]) => ({ from: from / 10, to: Math.min(1, (from + length) / 10) }));
const slices: fc.Arbitrary<Slice> = fc.oneof(
  { weight: 6, arbitrary: tenths.map((span) => ({ layer: "checkout", ...span })) },
  { weight: 2, arbitrary: tenths.map((span) => ({ layer: "search", ...span })) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

const declaring = slices.map((slice): Run => {
  const layer = slice === undefined ? undefined : { name: slice.layer, slice: [`${slice.from}`, `${slice.to}`] };
  const terms = { alternatives: ALTERNATIVES, weights: undefined, trafficFraction: undefined, layer };
  return (context, act) => declare(context, act, terms);
});
const acts: fc.Arbitrary<Run> = fc.oneof(
  declaring,
  slices.map(
    (slice): Run =>
      (context, act) =>
        setSlice(context, act, slice),
  ),
  fc.boolean().map(
    (archived): Run =>
      (context, act) =>
        setArchived(context, act, archived),
  ),
  fc.constant<Run>((context, act) => reset(context, act)),
  fc.constant<Run>((context, act) => remove(context, act)),
  fc.constant<Run>((context, act) => restore(context, act, undefined)),
);
const steps = fc.oneof(
  fc.record({ name: fc.constantFrom(...NAMES), run: acts }),
  fc.record({ visitor: fc.constantFrom(...VISITORS) }),
);

/** What people do may be refused; anything else that goes wrong is a fault. */
async function tried(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof SixpackError) || error.code === "internal") throw error;
  });
}

/** Layers in which a visitor takes part, each as often as it has an experiment that counts the visitor. */
async function layersWith(context: ServiceContext, live: readonly Experiment[], client: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, epochs } of live) {
    const { reason } = await participate(
      context,
      make.request({ experiment: name, alternatives: ALTERNATIVES, client, mayCreate: false }),
    );
    const layer = epochs.at(-1)?.slice?.layer;
    if (reason === "assigned" && layer !== undefined) found.push(layer);
  }
  return found;
}

function heldTwice(live: readonly Experiment[]): readonly string[] {
  return live.flatMap((one, at) =>
    live.slice(at + 1).flatMap((other) => {
      const [own, others] = [currentEpoch(one).slice, currentEpoch(other).slice];
      const isShared = own?.layer === others?.layer && own !== undefined && others !== undefined;
      return isShared && own.from < others.to && others.from < own.to ? [`${one.name} and ${other.name}`] : [];
    }),
  );
}

describe.each(ENGINES)("layers on the $name store", (engine) => {
  beforeAll(() => engine.start());
  afterAll(() => engine.stop());

  it("give nobody two experiments, in whatever order people act and visitors come", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 40 }), async (sequence) => {
        const store = await engine.open();
        try {
          const context = make.context({ store });
          for (const step of sequence) {
            if ("run" in step) await tried(step.run(context, { name: step.name, actor: "ann" }));
            const live = (await store.definitions.list()).filter(({ archived }) => !archived);
            expect(heldTwice(live)).toEqual([]);
            if (!("visitor" in step)) continue;
            const layers = await layersWith(context, live, step.visitor);
            expect(layers).toEqual([...new Set(layers)]);
            taken += layers.length;
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: engine.reopen === null ? 60 : 15, seed: 17 },
    );
    // Visitors were taken in, or this shows nothing.
    expect(taken).toBeGreaterThan(20);
  });
});
