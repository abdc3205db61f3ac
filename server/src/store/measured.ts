/** Any engine, with its verbs timed and its outcomes counted for `/metrics`. */
import type { Experiment } from "../domain/experiment.ts";
import { MEASURED_VERBS, type MeasuredVerb, type StoreMeter } from "../ops/store-meter.ts";
import type { Conversion, Participation, Store } from "./store.ts";

type OnFailure = (error: unknown) => void;

type Verb = (...args: readonly unknown[]) => unknown;

/**
 * The same store seen through a meter. Verbs that nobody measures are the engine's own, those of later versions too.
 * Only what leaves the turn of the event loop is timed; a question to the assignment cache costs one addition.
 *
 * @param onFailure hears why a measured call failed
 */
export function measureStore(store: Store, meter: StoreMeter, onFailure: OnFailure): Store {
  const verbs: Record<string, unknown> = {};
  for (const name of verbNames(store)) {
    const verb: unknown = Reflect.get(store, name);
    if (typeof verb !== "function") continue;
    verbs[name] = isMeasured(name) ? timed(name, verb.bind(store), meter, onFailure) : verb.bind(store);
  }
  const counted: Pick<Store, "peekAssignment" | "recordParticipation" | "recordConversion"> = {
    peekAssignment(experiment, client) {
      const known = store.peekAssignment(experiment, client);
      if (known === undefined) meter.misses += 1;
      else meter.hits += 1;
      return known;
    },
    recordParticipation: timed(
      "recordParticipation",
      async (participation: Participation) => {
        const outcome = await store.recordParticipation(participation);
        const isNew = outcome.kind === "recorded" && outcome.assignment.kind === "alternative";
        if (isNew) countsOf(meter, participation.experiment).participations += 1;
        return outcome;
      },
      meter,
      onFailure,
    ),
    recordConversion: timed(
      "recordConversion",
      async (conversion: Conversion) => {
        const outcome = await store.recordConversion(conversion);
        if (outcome.kind === "converted") countsOf(meter, conversion.experiment).conversions += 1;
        return outcome;
      },
      meter,
      onFailure,
    ),
  };
  return { ...verbs, ...counted, transfer: store.transfer } as unknown as Store;
}

function countsOf(meter: StoreMeter, { name }: Experiment) {
  return meter.countsOf(name);
}

function isMeasured(name: string): name is MeasuredVerb {
  return (MEASURED_VERBS as readonly string[]).includes(name);
}

function timed<V extends Verb | Store[MeasuredVerb]>(
  name: MeasuredVerb,
  verb: V,
  meter: StoreMeter,
  onFailure: OnFailure,
): V {
  const latency = meter.latencies[name];
  const measured = async (...args: readonly unknown[]): Promise<unknown> => {
    const startedMs = performance.now();
    try {
      return await (verb as Verb)(...args);
    } catch (error) {
      meter.failures[name] += 1;
      onFailure(error);
      throw error;
    } finally {
      latency.observe(performance.now() - startedMs);
    }
  };
  return measured as V;
}

/** Methods of the engine's class; its fields are private. */
function verbNames(store: Store): readonly string[] {
  const prototypes: object[] = [];
  let prototype: object | null = Object.getPrototypeOf(store);
  while (prototype !== null && prototype !== Object.prototype) {
    prototypes.push(prototype);
    prototype = Object.getPrototypeOf(prototype);
  }
  return prototypes.flatMap((object) => Object.getOwnPropertyNames(object)).filter((name) => name !== "constructor");
}
