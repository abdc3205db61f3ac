/** The operations of the model test, as data, so that fast-check can print and shrink them. */
import fc from "fast-check";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";

/** Few of everything, so that operations meet: the same client again, the same name after a delete, old versions. */
const NAMES = ["a", "a-b", "__proto__"];
const CLIENTS = 12;
const DAYS = 3;

const name = fc.constantFrom(...NAMES);
const client = fc.nat({ max: CLIENTS - 1 });
const day = fc.nat({ max: DAYS - 1 });
const proposal = fc.oneof(fc.nat({ max: 2 }).map(assigned), fc.constant(EXCLUDED));
/** Quarters between -8 and 8: squares of sums of a few hundred of them are exact in a double. */
const value = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -32, max: 32 }).map((quarters) => quarters / 4),
);
/** Numbers of the KPIs that every experiment of a run begins with. */
export const KPIS = 5;
const kpi = fc.constantFrom(0, 1, 2, KPIS - 1);

/**
 * How far back to reach for a definition: 0 is the newest of that name. Old ones are stale, or of another life; they
 * are rarer than new ones, or hardly anything would ever be recorded.
 */
const back = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 5 }) });

/** Few have any, as on most sites; numbers that single precision holds exactly, NaN is refused before the store. */
const segments = fc.oneof(
  { weight: 2, arbitrary: fc.constant<number[]>([]) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 }) },
);
const covariate = fc.option(fc.integer({ min: -64, max: 64 }).map((eighths) => eighths / 8));

const participation = fc.record({ client, proposal, day, withId: fc.boolean(), segments, covariate });
/** 0 is an event without an id; few ids, so that many events are sent twice. */
const event = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
);
const conversion = fc.record({ client, kpi, day, value, event });

/** As many as proposals name: a record of an alternative that never was can't be read. */
const create = fc.record({ kind: fc.constant("create" as const), name, alternatives: fc.constantFrom(3, 4) });
const change = fc.record({
  kind: fc.constant("change" as const),
  name,
  back,
  to: fc.constantFrom(
    ...([
      "paused",
      "running",
      "epoch",
      "description",
      "kpi",
      "cap",
      "higher cap",
      "uncapped",
      "window",
      "events",
    ] as const),
  ),
});
const remove = fc.record({ kind: fc.constant("remove" as const), name, back, reset: fc.boolean(), atMs: fc.nat(100) });
const restore = fc.record({ kind: fc.constant("restore" as const), name, which: fc.nat({ max: 5 }) });
const sweep = fc.record({ kind: fc.constant("sweep" as const), untilMs: fc.nat(100) });
const participate = fc.record({
  kind: fc.constant("participate" as const),
  name,
  back,
  calls: fc.array(participation, { minLength: 1, maxLength: 8 }),
});
const convert = fc.record({
  kind: fc.constant("convert" as const),
  name,
  back,
  calls: fc.array(conversion, { minLength: 1, maxLength: 8 }),
});
/** Many clients at once: enough for an engine that spreads records over places to have to spread them anew. */
const crowd = fc.record({
  kind: fc.constant("crowd" as const),
  name,
  from: fc.nat({ max: 300 }),
  count: fc.integer({ min: 50, max: 300 }),
});
const lookUp = fc.record({ kind: fc.constant("look-up" as const), name, client });
const forget = fc.record({
  kind: fc.constant("forget" as const),
  name,
  back,
  clients: fc.array(client, { minLength: 1, maxLength: 3 }),
});
const link = fc.record({ kind: fc.constant("link" as const), name, one: client, other: client, withIds: fc.boolean() });
const act = fc.record({ kind: fc.constant("act" as const), name, atMs: fc.nat(10) });
const reopen = fc.record({ kind: fc.constant("reopen" as const) });

export const operations = fc.oneof(
  { weight: 4, arbitrary: create },
  { weight: 4, arbitrary: change },
  { weight: 2, arbitrary: remove },
  { weight: 2, arbitrary: restore },
  { weight: 1, arbitrary: sweep },
  { weight: 10, arbitrary: participate },
  { weight: 10, arbitrary: convert },
  { weight: 1, arbitrary: crowd },
  { weight: 3, arbitrary: lookUp },
  { weight: 4, arbitrary: forget },
  { weight: 6, arbitrary: link },
  { weight: 1, arbitrary: act },
  { weight: 1, arbitrary: reopen },
);

export type Operation = typeof operations extends fc.Arbitrary<infer Value> ? Value : never;
export type OperationOf<Kind extends Operation["kind"]> = Extract<Operation, { kind: Kind }>;
