/**
 * Weights, traffic and alternatives change five times while clients keep coming, all at once, on every engine: nobody
 * moves, and the tallies are what the records say.
 */
import { describe, expect, it } from "vitest";
import { PARTICIPATION } from "../../src/domain/tally.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import {
  addAlternative,
  retireAlternative,
  setPolicy,
  setTrafficFraction,
  setWeights,
} from "../../src/service/administer/acts/sharing.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { convert } from "../../src/service/convert.ts";
import { participate } from "../../src/service/participate.ts";
import { useEngine } from "../store/engines/engine.ts";
import { embeddedEngine, memoryEngine } from "../store/engines/local.ts";
import { redisEngine } from "../store/engines/redis.ts";
import * as make from "../support/make.ts";
import { storedExperiment } from "../support/store.ts";

const ACT = { name: "live", actor: "ada" };
const CLIENTS = 600;
const ROUNDS = 6;
/** The sets of alternatives that a deployed version of a caller may name, oldest first. */
const SETS = [
  ["red", "green", "blue"],
  ["red", "green", "blue", "grey"],
  ["red", "blue", "grey"],
];

/** The change that is made while a round of clients is under way. */
const CHANGES: readonly ((context: ServiceContext) => Promise<unknown>)[] = [
  (context) => setWeights(context, ACT, ["1", "2", "5"]),
  (context) => setTrafficFraction(context, ACT, 0.6),
  (context) => addAlternative(context, ACT, "grey"),
  (context) => retireAlternative(context, ACT, "green"),
  (context) => setPolicy(context, ACT, make.banditPolicy()),
];

/** A caller of one of the deployed versions: it tries the sets it may know until one is understood. */
async function answerOf(context: ServiceContext, client: string): Promise<string> {
  const visit = { experiment: ACT.name, client };
  for (const alternatives of SETS.toReversed()) {
    try {
      const request = make.request({ ...visit, alternatives });
      const { experiment, index, reason } = await participate(context, request);
      // Whoever a caller can't count yet has no answer that would have to stay.
      if (reason === "unknown-to-caller") continue;
      await convert(context, make.conversion({ ...visit, value: 1.5 })).catch(() => undefined);
      return `${reason}:${experiment?.alternatives[index]?.name}`;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("experiment alternatives have changed")) throw error;
    }
  }
  return "not counted";
}

describe.each([memoryEngine(), embeddedEngine(), redisEngine()])("on the $name engine", (engine) => {
  const open = useEngine(engine);

  it("five changes under live traffic move nobody, and tallies stay equal to records", async () => {
    const store = await open();
    const context = make.context({ store });
    await participate(context, make.request({ experiment: ACT.name, alternatives: SETS[0] ?? [], client: "first" }));
    const first = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      // Old clients come back and new ones join, all in one go with the change in their midst.
      const joined = Math.floor((CLIENTS * (round + 1)) / ROUNDS);
      const names = Array.from({ length: joined }, (_, number) => `client-${(number * 7) % joined}`);
      const middle = Math.floor(names.length / 2);
      const calls = names.slice(0, middle).map((name) => answerOf(context, name));
      const changing = CHANGES[round]?.(context);
      calls.push(...names.slice(middle).map((name) => answerOf(context, name)));
      const answers = await Promise.all(calls);
      await changing;
      // On a busy machine all calls may have been answered before the change: one that comes after it for sure.
      names.push(`late-${round}`);
      answers.push(await answerOf(context, `late-${round}`));
      for (const [at, answer] of answers.entries()) {
        const name = names[at] ?? "";
        if (answer === "not counted") continue;
        expect(first.get(name) ?? answer, name).toBe(answer);
        first.set(name, answer);
      }
    }
    const experiment = await storedExperiment(store, ACT.name);
    expect(experiment.epochs).toHaveLength(1 + CHANGES.length);
    const tallies = await store.tallies.read(experiment);
    expect(tallyDifferences(tallies, await store.tallies.recount(experiment))).toEqual([]);
    const counted = tallies
      .filter(({ metric }) => metric === PARTICIPATION)
      .reduce((sum, { clients }) => sum + clients, 0);
    expect(counted).toBe(first.size + 1);
    // Every epoch saw clients, or the changes would not have met any traffic.
    expect(new Set(tallies.map(({ epoch }) => epoch)).size).toBe(1 + CHANGES.length);
    for (const [name, answer] of first) expect(await answerOf(context, name)).toBe(answer);
  });
});
