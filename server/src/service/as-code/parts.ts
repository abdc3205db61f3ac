/**
 * The keys of an experiment in a file, one record each: its schema, what the stored definition says, and the act that makes it
 * so. A new field of a definition is a new record here: the schema, the export, the diff and the apply follow. Acts do nothing
 * where nothing differs, so a key that is written otherwise than it is exported changes nothing either.
 */
import { type Static, type TSchema, Type } from "typebox";
import { activeIndexes } from "../../domain/epochs.ts";
import { SixpackError } from "../../domain/errors.ts";
import { alternativeName, currentEpoch, type Experiment } from "../../domain/experiment.ts";
import { isDescribed } from "../../domain/kpi-definition.ts";
import { parseSlice } from "../../domain/layer.ts";
import { CHOSEN_BY_NAME, ruleOf } from "../../domain/policy/policies.ts";
import { thompson } from "../../domain/policy/thompson.ts";
import { UNIFORM } from "../../domain/policy/uniform.ts";
import { dimensionText, parseDimensions } from "../../domain/segments.ts";
import type { ActContext, Target } from "../administer/act.ts";
import { addKpi } from "../administer/acts/counted-kpis.ts";
import { describeKpi } from "../administer/acts/kpi-settings.ts";
import { setSlice } from "../administer/acts/layer-acts.ts";
import { setNotes } from "../administer/acts/note-acts.ts";
import { setAbout, setManager } from "../administer/acts/ownership.ts";
import { addDimensions } from "../administer/acts/segment-acts.ts";
import { setPlan } from "../administer/acts/set-plan.ts";
import { scheduleField, scheduleJson, setSchedule } from "../administer/acts/set-schedule.ts";
import {
  addAlternative,
  policy,
  retireAlternative,
  setTrafficFraction,
  setWeights,
} from "../administer/acts/sharing.ts";
import { describe } from "../administer/acts/state.ts";
import type { ServiceContext } from "../context.ts";
import { layerJson } from "../report/json-2.7.ts";
import { KPI_IN_FILE, kpiInFile, settingsInFile } from "./kpi-in-file.ts";
import { planInFile } from "./plan-in-file.ts";

export type ApplyContext = ActContext & Pick<ServiceContext, "settings">;

/** One key of an experiment. */
interface FilePart {
  readonly schema: TSchema;
  /** The value in the definition, as a file would have it; `undefined` if a file may leave it out. */
  readonly read: (experiment: Experiment) => unknown;
  /** The most that a file can say which agrees with the definition, also of what is not there. @default as `read` */
  readonly strict?: ((experiment: Experiment) => unknown) | undefined;
  /** Changes the stored definition accordingly. @throws SixpackError */
  readonly write: (context: ApplyContext, target: Target, value: unknown, stored: Experiment) => Promise<unknown>;
}

/** Ties a value to the schema by which it was checked. */
function part<Schema extends TSchema>(definition: {
  readonly schema: Schema;
  readonly read: FilePart["read"];
  readonly strict?: FilePart["read"];
  readonly write: (
    context: ApplyContext,
    target: Target,
    value: Static<Schema>,
    stored: Experiment,
  ) => Promise<unknown>;
}): FilePart {
  return {
    ...definition,
    write: (context, target, value, stored) => definition.write(context, target, value as Static<Schema>, stored),
  };
}

const Text = Type.String();
const Amount = Type.Union([Type.Number(), Type.String()]);
const Kpi = {
  kpi: Type.Optional(Type.Union([Type.String({ description: "Left out: the default KPI" }), Type.Null()])),
  better: Type.Optional(Type.Enum(["higher", "lower"])),
  decides_on: Type.Optional(Type.Enum(["rate", "mean"])),
};
const closed = { additionalProperties: false };

/** What people choose for a policy beside its name. */
const POLICY_CHOICES = Object.fromEntries(
  CHOSEN_BY_NAME.flatMap(({ choices }) => Object.entries(choices)).map(([name, { options }]) => [
    name,
    Type.Optional(Type.Enum(Object.keys(options))),
  ]),
);

/** Of what a file can also say that it is not there. */
function orNone(read: FilePart["read"], none: unknown) {
  return { read, strict: (experiment: Experiment) => read(experiment) ?? none };
}

function policyInFile(experiment: Experiment): object | undefined {
  const inForce = currentEpoch(experiment).policy;
  const { weightsByPeople, choices } = ruleOf(inForce);
  if (weightsByPeople || inForce.kind === UNIFORM.kind) return undefined;
  const chosen = Object.entries(inForce).filter(([name]) => Object.hasOwn(choices, name));
  return { kind: inForce.kind, ...Object.fromEntries(chosen) };
}

function listedKpis({ kpis }: Experiment): Experiment["kpis"] {
  return kpis.filter((kpi) => kpi.dropped !== true && (kpi.name !== null || isDescribed(kpi)));
}

/** In the order in which they are written: alternatives before their weights, KPIs before the plan that names them. */
export const PARTS: Readonly<Record<string, FilePart>> = {
  alternatives: part({
    schema: Type.Array(Text, { minItems: 2, description: "Those that take part; the first one is the control" }),
    read: (experiment) => activeIndexes(experiment).map((index) => alternativeName(experiment, index)),
    write: async (context, target, wanted, stored) => {
      const [control] = stored.alternatives;
      if (wanted[0] !== control?.name) {
        throw new SixpackError(
          "alternatives-changed",
          `Expected ${control?.name} first, the control, got ${wanted[0]}`,
        );
      }
      const names: readonly string[] = activeIndexes(stored).map((index) => alternativeName(stored, index));
      // One that was retired can't come back: it is refused, since neither would the file be right.
      for (const name of wanted) if (!names.includes(name)) await addAlternative(context, target, name);
      for (const name of names) if (!wanted.includes(name)) await retireAlternative(context, target, name);
    },
  }),
  weights: part({
    schema: Type.Array(Type.Number({ minimum: 0 }), {
      minItems: 2,
      description: "One number for each of `alternatives`, in their order; equal ones share evenly",
    }),
    read: (experiment) => {
      const { weights, policy: inForce } = currentEpoch(experiment);
      return ruleOf(inForce).weightsByPeople && weights !== null
        ? activeIndexes(experiment).map((index) => weights[index] ?? 0)
        : undefined;
    },
    write: (context, target, weights) => setWeights(context, target, weights.map(String)),
  }),
  policy: part({
    schema: Type.Object(
      { kind: Type.Enum(CHOSEN_BY_NAME.map(({ kind }) => kind)), ...POLICY_CHOICES },
      {
        ...closed,
        description: CHOSEN_BY_NAME.map(({ kind, label }) => `\`${kind}\`: ${label}`).join("; "),
        examples: [{ kind: thompson.kind }],
      },
    ),
    read: policyInFile,
    strict: (experiment) =>
      policyInFile(experiment) ??
      (currentEpoch(experiment).policy.kind === UNIFORM.kind ? { kind: UNIFORM.kind } : undefined),
    write: (context, target, { kind, ...chosen }) =>
      policy.run(context, target, { body: { policy: kind, ...chosen }, params: {} }),
  }),
  traffic: part({
    schema: Type.Number({ exclusiveMinimum: 0, maximum: 1, description: "Share of clients that is taken in" }),
    read: (experiment) => {
      const { trafficFraction } = currentEpoch(experiment);
      return trafficFraction === 1 && experiment.trafficHeld !== true ? undefined : trafficFraction;
    },
    write: (context, target, fraction) => setTrafficFraction(context, target, fraction),
  }),
  layer: part({
    schema: Type.Object(
      { name: Text, slice: Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { minItems: 2, maxItems: 2 }) },
      {
        ...closed,
        description: "The part of a layer that clients are taken from: `slice` from 0 to 1",
        examples: [{ name: "checkout", slice: [0, 0.5] }],
      },
    ),
    read: (experiment) => layerJson(experiment) ?? undefined,
    write: (context, target, { name, slice }) => setSlice(context, target, parseSlice(name, slice.map(String))),
  }),
  kpis: part({
    schema: Type.Array(Type.Union([Text, KPI_IN_FILE]), {
      description: "KPIs that count; others may be there, made by calls",
    }),
    read: (experiment) => {
      const listed = listedKpis(experiment).map((kpi) => (isDescribed(kpi) ? kpiInFile(kpi) : kpi.name));
      return listed.length === 0 ? undefined : listed;
    },
    strict: (experiment) => listedKpis(experiment).map(kpiInFile),
    write: async (context, target, kpis) => {
      for (const kpi of kpis) {
        if (typeof kpi === "string") {
          await addKpi(context, target, kpi);
          continue;
        }
        const { name, ...settings } = kpi;
        if (name !== null) await addKpi(context, target, name);
        await describeKpi(context, target, name ?? "", settingsInFile(settings));
      }
    },
  }),
  segments: part({
    schema: Type.Array(Text, {
      description: "Dimensions as `plan=free|pro`, or `device` and `browser` alone; new ones and new values are added",
    }),
    read: ({ dimensions }) => dimensions?.map(dimensionText),
    write: (context, target, segments) => addDimensions(context, target, () => parseDimensions(segments)),
  }),
  plan: part({
    schema: Type.Union([
      Type.Null(),
      Type.Object(
        {
          primary: Type.Optional(Type.Object(Kpi, closed)),
          secondary: Type.Optional(Type.Array(Type.Object(Kpi, closed))),
          guardrails: Type.Optional(Type.Array(Type.Object({ ...Kpi, margin: Type.Optional(Amount) }, closed))),
          roll_back: Type.Optional(Type.Enum(["experiment", "each"])),
          baseline_rate: Type.Optional(Amount),
          baseline_mean: Type.Optional(Amount),
          baseline_deviation: Type.Optional(Amount),
          minimum_uplift: Type.Optional(Amount),
          power: Type.Optional(Amount),
          participants: Type.Optional(Type.Integer({ minimum: 2 })),
        },
        {
          ...closed,
          description: "What decides, what must not get worse, and at how many participants",
          examples: [{ primary: { kpi: "purchase" }, participants: 20_000 }],
        },
      ),
    ]),
    ...orNone(({ planning: { plan } }) => (plan === null ? undefined : planInFile(plan)), null),
    write: (context, target, plan) => setPlan(context, target, plan === null ? null : (asTexts(plan) as object)),
  }),
  schedule: part({
    schema: Type.Union([
      Type.Null(),
      Type.Object(
        {
          starts_at: Type.Optional(Text),
          close_intake: Type.Optional(Text),
          measure_for_days: Type.Optional(Type.Integer({ minimum: 1 })),
          ends_at: Type.Optional(Text),
          on_harm: Type.Optional(Type.Enum(["alert", "close_intake", "pause"])),
        },
        {
          ...closed,
          description: "What the experiment does by itself",
          examples: [{ ends_at: "2027-05-03T09:00", on_harm: "pause" }],
        },
      ),
    ]),
    ...orNone(({ schedule }) => (schedule === undefined ? undefined : scheduleJson(schedule)), null),
    write: (context, target, schedule) =>
      setSchedule(context, target, schedule === null ? null : scheduleField(schedule, context.clock.offsetAt), {
        mayHaveStarted: true,
      }),
  }),
  description: part({
    schema: Type.String({ description: "In Markdown" }),
    ...orNone(({ description }) => description ?? undefined, ""),
    write: (context, target, description) => describe.run(context, target, { body: { description }, params: {} }),
  }),
  owner: part({
    schema: Text,
    ...orNone(({ about }) => about?.owner, ""),
    write: (context, target, owner) => setAbout(context, target, { owner }),
  }),
  tags: part({
    schema: Type.Array(Text),
    ...orNone(({ about }) => about?.tags, []),
    write: (context, target, tags) => setAbout(context, target, { tags }),
  }),
  hypothesis: part({
    schema: Text,
    ...orNone(({ about }) => about?.hypothesis, ""),
    write: (context, target, hypothesis) => setAbout(context, target, { hypothesis }),
  }),
  ticket: part({
    schema: Type.String({ description: "Address of the ticket or page where the work on it is told" }),
    ...orNone(({ about }) => about?.ticket, ""),
    write: (context, target, ticket) => setAbout(context, target, { ticket }),
  }),
  notes: part({
    schema: Type.Array(
      Type.Object({ day: Text, text: Text }, { ...closed, examples: [{ day: "2027-05-03", text: "New prices" }] }),
      {
        description: "What happened on which day (`YYYY-MM-DD`); charts show it",
      },
    ),
    ...orNone(({ about }) => about?.notes, []),
    write: (context, target, notes) => setNotes(context, target, notes),
  }),
  managed_by: part({
    schema: Type.Enum(["repo", "people"], { description: "With `repo` forms ask before they override this file" }),
    read: ({ managedBy }) => managedBy,
    write: (context, target, manager) => setManager(context, target, manager),
  }),
};

/** What forms send as text. */
function asTexts(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value !== "object" || value === null) return value ?? undefined;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asTexts(item)]));
}
