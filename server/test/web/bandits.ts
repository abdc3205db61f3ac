/**
 * Bandits of any age for pages to show: the real policy recomputes the weights batch by batch, on clients that convert
 * exactly as often as their alternative and the day say.
 */
import { assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import { Counts } from "../../src/domain/counts.ts";
import { batchReason, withEpoch, withPolicy } from "../../src/domain/epochs.ts";
import { currentEpoch, type Experiment } from "../../src/domain/experiment.ts";
import { type Day, dayOf } from "../../src/domain/period.ts";
import { nextBatch } from "../../src/domain/policy/batches.ts";
import { policyFields } from "../../src/domain/policy/policies.ts";
import { onDay } from "../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../src/domain/tally.ts";
import { sharesIn } from "../../src/service/analysis/allocation.ts";
import * as make from "../support/make.ts";
import type { TalliedStore } from "./tallied.ts";

export interface BanditTraffic {
  readonly name: string;
  /** Rate of the default KPI per alternative; the first one is the control. */
  readonly rates: Readonly<Record<string, number>>;
  /** Batches, the first one even; 0 has no clients at all. */
  readonly batches: number;
  readonly clientsPerBatch: number;
  /** Over which the batches are spread, up to `nowMs`. */
  readonly days: number;
  readonly goal?: "earn" | "learn";
  /** What a person does before a batch, by its number. */
  readonly changes?: Readonly<Record<number, (experiment: Experiment, nowMs: number) => Experiment>>;
}

const DAY_MS = 86_400_000;

export async function addBandit(store: TalliedStore, traffic: BanditTraffic, nowMs: number): Promise<Experiment> {
  const { name, rates, batches, days, goal = "earn", changes = {} } = traffic;
  const made = await store.add({ name, rates, participants: 0, days }, dayOf(nowMs));
  const startMs = nowMs - days * DAY_MS;
  let experiment = withPolicy(atStart(made, startMs), make.banditPolicy(goal), startMs);
  const tallies: Tally[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const atMs = startMs + (batch / batches) * days * DAY_MS;
    if (batch > 0 && currentEpoch(experiment).policy.kind === "thompson") {
      experiment = withEpoch(
        experiment,
        nextBatch(experiment, Counts.of(tallies)),
        batchReason({ kind: "thompson" }),
        atMs,
      );
    }
    experiment = changes[batch]?.(experiment, atMs + 1) ?? experiment;
    tallies.push(
      ...talliesOf(traffic, experiment, batch, dayOf(atMs)),
      ...excludedOf(traffic, experiment, dayOf(atMs)),
    );
  }
  const outcome = await store.definitions.change(experiment);
  if (outcome.kind !== "changed") throw new Error(`Expected ${name} to be stored, got ${outcome.kind}`);
  store.write(experiment, tallies);
  return outcome.experiment;
}

function atStart(experiment: Experiment, startMs: number): Experiment {
  const [first = currentEpoch(experiment)] = experiment.epochs;
  return { ...experiment, epochs: [{ ...first, startedAtMs: startMs }] };
}

function talliesOf(
  { rates, clientsPerBatch }: BanditTraffic,
  experiment: Experiment,
  batch: number,
  day: Day,
): readonly Tally[] {
  const epoch = experiment.epochs.length - 1;
  const { weights, policy } = currentEpoch(experiment);
  const { floor } = policyFields(policy);
  return sharesIn(experiment, epoch).flatMap((share, index) => {
    const { name } = experiment.alternatives[index] ?? { name: "" };
    // Every first batch explores; later ones as much as the floors are wide.
    const explored = weights === null ? share : Math.min(floor, share);
    // Alternatives have their luck, or all lines would be straight.
    const luck = 1 + 0.3 * Math.sin(batch * 1.7 + index * 2.3);
    return [true, false].flatMap((explore) => {
      const clients = Math.round(clientsPerBatch * (explore ? explored : share - explored));
      if (clients === 0) return [];
      const converted = Math.min(clients, Math.round(clients * (rates[name] ?? 0.05) * luck));
      const cell = { epoch, assignment: assigned(index, explore), subset: onDay(day), sum: 0, squares: 0 };
      return [
        { ...cell, metric: PARTICIPATION, clients, events: clients },
        { ...cell, metric: 0, clients: converted, events: converted },
      ];
    });
  });
}

/** As many clients outside as the traffic fraction says. */
function excludedOf({ clientsPerBatch }: BanditTraffic, experiment: Experiment, day: Day): readonly Tally[] {
  const { trafficFraction } = currentEpoch(experiment);
  const clients = Math.round(clientsPerBatch * (1 / trafficFraction - 1));
  const epoch = experiment.epochs.length - 1;
  const cell = { epoch, assignment: EXCLUDED, metric: PARTICIPATION, subset: onDay(day), sum: 0, squares: 0 };
  return clients === 0 ? [] : [{ ...cell, clients, events: clients }];
}
