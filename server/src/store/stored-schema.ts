/**
 * The schema of a definition. Everything that is read from files and databases is checked against it.
 *
 * Whoever can write to Redis or edit an export can write anything there, and everything above the store trusts its types:
 * one definition without epochs would take down every list. Fields of later versions are let through.
 */
import { type TSchema, Type } from "typebox";
import { type About as AboutOfDomain, isTicket } from "../domain/about.ts";
import type { Conclusion } from "../domain/conclusion.ts";
import type { Decided as DecidedOfDomain } from "../domain/decided.ts";
import type {
  Alternative as AlternativeOfDomain,
  Epoch as EpochOfDomain,
  Noticed as NoticedOfDomain,
} from "../domain/experiment.ts";
import { FACT_KINDS, type Fact } from "../domain/fact.ts";
import {
  COUNTED,
  type KpiDefinition as KpiDefinitionOfDomain,
  kpisOfNames,
  WINDOW_DAYS_MAX,
} from "../domain/kpi-definition.ts";
import { ALTERNATIVES_MAX, KPI_NUMBERS_MAX, type KpiName } from "../domain/names.ts";
import { isDayText } from "../domain/period.ts";
import type { FrozenCell, FrozenLook, Planning, Plan as PlanOfDomain } from "../domain/plan.ts";
import type { Policy } from "../domain/policy/policies.ts";
import {
  type DoneStep,
  MEASURE_DAYS_MAX,
  ON_HARM,
  type Schedule as ScheduleOfDomain,
  STEP_KINDS,
} from "../domain/schedule.ts";
import { DIMENSIONS_MAX, type Dimension as DimensionOfDomain, SEGMENT_VALUES_MAX } from "../domain/segments.ts";
import { TIME_MS_MAX } from "../lib/time.ts";
import { checker } from "./checker.ts";
import { faultOf } from "./schema-fault.ts";
import type { ForeignExperiment } from "./transfer.ts";

const Time = Type.Number({ minimum: 0, maximum: TIME_MS_MAX });
const Count = Type.Integer({ minimum: 0 });
const Day = Type.Integer({ minimum: 0, maximum: 65_535 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Name = Type.String({ minLength: 1 });
const Text = Type.String();
const KpiOrDefault = Type.Union([Name, Type.Null()]);
const Better = Type.Union([Type.Literal("higher"), Type.Literal("lower")]);
const Uplift = Type.Number({ exclusiveMinimum: 0 });

const Margin = Type.Object({
  kind: Type.Union([Type.Literal("relative"), Type.Literal("absolute")]),
  value: Type.Number(),
});

const PLANNED_KPI = {
  kpi: KpiOrDefault,
  better: Better,
  decidesOn: Type.Union([Type.Literal("rate"), Type.Literal("mean")]),
};

const SIZE = { participants: Count, minimumUplift: Uplift, power: Share };

const Plan = Type.Object({
  primary: Type.Object(PLANNED_KPI),
  secondary: Type.Array(Type.Object(PLANNED_KPI)),
  guardrails: Type.Array(Type.Object({ ...PLANNED_KPI, margin: Margin })),
  size: Type.Union([
    Type.Object({ ...SIZE, baselineRate: Share }),
    Type.Object({ ...SIZE, baselineMean: Type.Number(), baselineDeviation: Type.Number() }),
    Type.Null(),
  ]),
  rollBack: Type.Optional(Type.Literal("each")),
} satisfies Record<keyof PlanOfDomain, TSchema>);

/** A new policy doesn't compile without a line here. */
const POLICIES = {
  uniform: Type.Object({ kind: Type.Literal("uniform") }),
  weighted: Type.Object({ kind: Type.Literal("weighted") }),
  thompson: Type.Object({
    kind: Type.Literal("thompson"),
    goal: Type.Union([Type.Literal("earn"), Type.Literal("learn")]),
    floor: Share,
  }),
} satisfies Record<Policy["kind"], TSchema>;

const Epoch = Type.Object({
  startedAtMs: Time,
  reason: Text,
  policy: Type.Union(Object.values(POLICIES)),
  trafficFraction: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  slice: Type.Optional(Type.Object({ layer: Name, from: Share, to: Share })),
  weights: Type.Union([Type.Array(Share), Type.Null()]),
} satisfies Record<keyof EpochOfDomain, TSchema>);

const Alternative = Type.Object({
  name: Name,
  addedInEpoch: Count,
  retiredInEpoch: Type.Union([Count, Type.Null()]),
} satisfies Record<keyof AlternativeOfDomain, TSchema>);

const KpiDefinition = Type.Object({
  name: KpiOrDefault,
  label: Type.Optional(Text),
  counts: Type.Optional(Type.Union(COUNTED.map((counted) => Type.Literal(counted)))),
  better: Type.Optional(Type.Literal("lower")),
  cap: Type.Optional(
    Type.Object({
      amount: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
      p99: Type.Optional(Type.Literal(true)),
      late: Type.Optional(Type.Literal(true)),
    }),
  ),
  windowDays: Type.Optional(Type.Integer({ minimum: 0, maximum: WINDOW_DAYS_MAX })),
  dropped: Type.Optional(Type.Literal(true)),
} satisfies Record<keyof KpiDefinitionOfDomain, TSchema>);

const FinalLook = Type.Object({
  atMs: Time,
  participants: Count,
  cells: Type.Array(
    Type.Object({
      epoch: Count,
      alternative: Count,
      metric: Type.Integer(),
      clients: Type.Number(),
      sum: Type.Number(),
      squares: Type.Number(),
    } satisfies Record<keyof FrozenCell, TSchema>),
  ),
} satisfies Record<keyof FrozenLook, TSchema>);

const Noticed = Type.Object({
  finalLook: Type.Union([FinalLook, Type.Null()]),
  sampleRatioMismatchAtMs: Type.Union([Time, Type.Null()]),
  decidingKpi: Type.Union([Type.Object({ name: KpiOrDefault, atMs: Time }), Type.Null()]),
  conclusions: Type.Array(
    Type.Object({
      ...PLANNED_KPI,
      counts: Type.Optional(Type.Literal("events")),
      cap: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
      margin: Type.Union([Margin, Type.Null()]),
      says: Text,
      by: Text,
      p: Type.Union([Share, Type.Null()]),
      participants: Count,
      difference: Type.Object({}),
      uplift: Type.Union([Type.Object({}), Type.Null()]),
      alternative: Count,
      atMs: Time,
      day: Day,
    } satisfies Record<keyof Conclusion, TSchema>),
  ),
  facts: Type.Optional(
    Type.Array(
      Type.Object({
        kind: Type.Enum([...FACT_KINDS]),
        subject: Text,
        sentence: Text,
        atMs: Time,
        untold: Type.Optional(Type.Literal(true)),
      } satisfies Record<keyof Fact, TSchema>),
    ),
  ),
} satisfies Record<keyof NoticedOfDomain, TSchema>);

const Decided = Type.Object({
  winner: Name,
  atMs: Time,
  day: Day,
  participants: Count,
  reason: Type.Optional(Text),
  verdict: Type.Object({ kind: Text, sentence: Text }),
  kpi: KpiOrDefault,
  better: Better,
  decidesOn: Type.Union([Type.Literal("rates"), Type.Literal("means")]),
  arms: Type.Array(Type.Object({ participants: Count, conversions: Count })),
} satisfies Record<keyof DecidedOfDomain, TSchema>);

const Moment = Type.Union([Time, Type.Null()]);

const Schedule = Type.Object({
  startsAtMs: Moment,
  closeIntake: Type.Union([Time, Type.Literal("planned-size"), Type.Null()]),
  measureForDays: Type.Union([Type.Integer({ minimum: 1, maximum: MEASURE_DAYS_MAX }), Type.Null()]),
  endsAtMs: Moment,
  onHarm: Type.Enum([...ON_HARM]),
  done: Type.Array(
    Type.Object({
      step: Type.Enum([...STEP_KINDS]),
      atMs: Time,
      action: Type.Union([Text, Type.Null()]),
      because: Type.Optional(Text),
    } satisfies Record<keyof DoneStep, TSchema>),
  ),
} satisfies Record<keyof ScheduleOfDomain, TSchema>);

const About = Type.Object({
  owner: Type.Optional(Text),
  tags: Type.Optional(Type.Array(Text)),
  hypothesis: Type.Optional(Text),
  ticket: Type.Optional(Text),
  notes: Type.Optional(Type.Array(Type.Object({ day: Text, text: Text }))),
} satisfies Record<keyof AboutOfDomain, TSchema>);

/** A new field of a definition needs a line here, else this doesn't compile. */
const DEFINITION = {
  name: Name,
  alternatives: Type.Array(Alternative, { minItems: 1, maxItems: ALTERNATIVES_MAX }),
  paused: Type.Boolean(),
  archived: Type.Boolean(),
  archivedAtMs: Type.Optional(Time),
  muted: Type.Optional(Type.Literal(true)),
  intakeClosedAtMs: Type.Optional(Time),
  winner: Type.Union([Name, Type.Null()]),
  decided: Type.Optional(Decided),
  decidedBefore: Type.Optional(Decided),
  description: Type.Union([Text, Type.Null()]),
  kpis: Type.Array(KpiDefinition, { minItems: 1, maxItems: KPI_NUMBERS_MAX + 1 }),
  epochs: Type.Array(Epoch, { minItems: 1, maxItems: 65_536 }),
  createdAtMs: Time,
  planning: Type.Object({
    plan: Type.Union([Plan, Type.Null()]),
    plannedAtParticipants: Count,
    tuningSize: Type.Number({ exclusiveMinimum: 0 }),
    chosenAmong: Type.Optional(Count),
  } satisfies Record<keyof Planning, TSchema>),
  noticed: Noticed,
  schedule: Type.Optional(Schedule),
  about: Type.Optional(About),
  managedBy: Type.Optional(Type.Literal("repo")),
  compacted: Type.Optional(Type.Literal(true)),
  forgets: Type.Optional(Count),
  trafficHeld: Type.Optional(Type.Literal(true)),
  dimensions: Type.Optional(
    Type.Array(
      Type.Object({
        name: Name,
        values: Type.Array(Name, { maxItems: SEGMENT_VALUES_MAX }),
        derived: Type.Optional(Type.Literal(true)),
      } satisfies Record<keyof DimensionOfDomain, TSchema>),
      { maxItems: DIMENSIONS_MAX },
    ),
  ),
} satisfies Record<keyof ForeignExperiment, TSchema>;

const Definition = Type.Object(DEFINITION);

/** An experiment whose stored definition is invalid: it was damaged, or written by hand. */
export interface UnreadableExperiment {
  /** The name of the experiment, or if that can't be read either, of the life. */
  readonly name: string;
  /** What was expected, and what came. */
  readonly reason: string;
}

const NamesOfKpis = Type.Object({ kpis: Type.Array(Name), droppedKpis: Type.Optional(Type.Array(Name)) });

// All definitions are read at the start.
const isOfNames = checker(NamesOfKpis);
const isDefinition = checker(Definition);

/** A definition as this version keeps it. Older ones had the names of KPIs only, and those that were dropped beside them. */
export function definitionOfToday(value: unknown): unknown {
  if (!isOfNames(value)) return value;
  const { droppedKpis, kpis, ...rest } = value;
  return { ...rest, kpis: kpisOfNames(kpis as KpiName[], droppedKpis) };
}

/** What is wrong with a definition, in words; `undefined` for nothing. */
export function definitionFault(value: unknown): string | undefined {
  if (!isDefinition(value)) return faultOf(Definition, value, "a definition");
  const { alternatives, epochs, winner, kpis, about } = value;
  const names = alternatives.map(({ name }) => name);
  if (new Set(names).size < names.length) return "alternatives that differ, got one name twice";
  if (new Set(kpis.map((kpi) => kpi.name)).size < kpis.length) return "kpis that differ, got one name twice";
  if (kpis[0]?.name !== null) return "kpis with the default one first, got another";
  if (winner !== null && !names.includes(winner))
    return `a winner among its alternatives, got ${JSON.stringify(winner)}`;
  const unweighted = epochs.findIndex(({ weights }) => weights !== null && weights.length > names.length);
  if (unweighted !== -1) return `epochs/${unweighted}/weights one for each alternative, got more`;
  if (about?.ticket !== undefined && !isTicket(about.ticket)) return "about/ticket as an address, got another text";
  const undated = about?.notes?.findIndex(({ day }) => !isDayText(day)) ?? -1;
  if (undated !== -1) return `about/notes/${undated}/day as YYYY-MM-DD, got another text`;
  const { weights } = epochs.at(-1) ?? { weights: null };
  if (weights !== null && weights.length !== names.length) return "weights of the epoch in force, got too few";
  return undefined;
}
