/**
 * Experiments in layers, with the engine's own decision: ten million ids in five experiments of one layer, and in one of
 * another. Nobody may be in two experiments of a layer, each gets its share, and layers know nothing of each other: over
 * a hundred pairs of layers the p-values of independence must look uniform.
 */
import { propose } from "../../server/src/domain/decide.ts";
import { digestOf, layerPosition } from "../../server/src/domain/digest.ts";
import { createdExperiment } from "../../server/src/domain/draft.ts";
import type { Experiment } from "../../server/src/domain/experiment.ts";
import { type ClientId, parseAlternativeNames, parseExperimentName } from "../../server/src/domain/names.ts";
import { chiSquareSf } from "../../server/src/stats/distributions.ts";
import { below, type Target } from "./target.ts";

const CLIENTS = 10_000_000;
const EDGES = [0, 0.05, 0.3, 0.5, 0.8, 0.9] as const;
/** Ids, and pairs of layers, of each look at independence. */
const PAIRS = 100;
const CLIENTS_A_PAIR = 40_000;
const BINS = 4;

export async function layers(): Promise<Target[]> {
  return [...exclusive(), independent()];
}

function experiment(name: string, from: number, to: number): Experiment {
  const slice = { layer: "checkout", from, to };
  const alternatives = parseAlternativeNames(["a", "b"]);
  return createdExperiment({ name: parseExperimentName(name), alternatives, createdAtMs: 0, slice }, 1, 1);
}

function exclusive(): Target[] {
  const experiments = EDGES.slice(1).map((to, at) => experiment(`in-${at}`, EDGES[at] ?? 0, to));
  const inside = experiments.map(() => 0);
  const firsts = experiments.map(() => 0);
  let [twice, outside] = [0, 0];
  for (let number = 0; number < CLIENTS; number += 1) {
    const client = `visitor-${number}` as ClientId;
    let taken = 0;
    for (const [at, one] of experiments.entries()) {
      const proposal = propose(one, client, digestOf(one.name, client));
      if (proposal.kind === "excluded") continue;
      taken += 1;
      inside[at] = (inside[at] ?? 0) + 1;
      if (proposal.index === 0) firsts[at] = (firsts[at] ?? 0) + 1;
    }
    if (taken > 1) twice += 1;
    if (taken === 0) outside += 1;
  }
  const shares = [...EDGES.slice(1).map((to, at) => to - (EDGES[at] ?? 0)), 1 - EDGES[5]];
  const counted = [...inside, outside];
  const halves = inside.flatMap((count, at) => [firsts[at] ?? 0, count - (firsts[at] ?? 0)]);
  return [
    below(`of ${CLIENTS.toLocaleString("en")} ids in five experiments of a layer, those in two`, twice, 0, String),
    atLeastP(
      "p of the shares of five slices and the holdout",
      goodness(
        counted,
        shares.map((share) => share * CLIENTS),
      ),
    ),
    atLeastP(
      "p of even alternatives within the slices",
      goodness(
        halves,
        inside.flatMap((count) => [count / 2, count / 2]),
        5,
      ),
    ),
  ];
}

/** One p-value a pair of layers; all of them in ten bins, which are as full as each other if layers are independent. */
function independent(): Target {
  const bins = Array.from({ length: 10 }, () => 0);
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const table = Array.from({ length: BINS * BINS }, () => 0);
    for (let number = 0; number < CLIENTS_A_PAIR; number += 1) {
      const client = `p${pair}-${number}` as ClientId;
      const [one, other] = [`layer-${pair}`, `layer-${pair + 1}`].map((layer) =>
        Math.floor(layerPosition(layer, client) * BINS),
      );
      const cell = (one ?? 0) * BINS + (other ?? 0);
      table[cell] = (table[cell] ?? 0) + 1;
    }
    const p = goodness(
      table,
      table.map(() => CLIENTS_A_PAIR / table.length),
    );
    const bin = Math.min(9, Math.floor(p * 10));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return atLeastP(
    `p that the p-values of ${PAIRS} pairs of layers are uniform`,
    goodness(
      bins,
      bins.map(() => PAIRS / bins.length),
    ),
  );
}

/** Chance of counts at least as far from what is expected (Pearson's chi-square). */
function goodness(observed: readonly number[], expected: readonly number[], freedom = observed.length - 1): number {
  const distance = observed.reduce(
    (sum, count, at) => sum + (count - (expected[at] ?? 0)) ** 2 / (expected[at] ?? 1),
    0,
  );
  return chiSquareSf(distance, freedom);
}

/** The ids are fixed, and so is the answer. */
function atLeastP(name: string, p: number): Target {
  return { name, expected: ">= 0.001", measured: p.toFixed(3), met: p >= 0.001 };
}
