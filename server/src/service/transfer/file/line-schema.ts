/** The schema of each line of a file. An export may have been edited, cut, or made by hand. */
import { type TSchema, Type } from "typebox";
import { DIMENSIONS_MAX } from "../../../domain/segments.ts";
import { PARTS_MAX } from "../../../lib/exact-sum.ts";
import { activityFault } from "../../../store/activity.ts";
import { checker } from "../../../store/checker.ts";
import { faultOf } from "../../../store/schema-fault.ts";
import type { Line } from "./file-format.ts";
import { SUBSET_FIELDS } from "./subset-fields.ts";

const Count = Type.Integer({ minimum: 0 });
const Position = Type.Integer({ minimum: 0 });
const Assignment = { alternative: Type.Union([Position, Type.Null()]), explore: Type.Optional(Type.Literal(true)) };

const Client = Type.String({ pattern: "^[0-9a-f]{16}$" });

const LINES = {
  header: Type.Object({ format: Type.Integer({ minimum: 1 }) }),
  // The definition itself is checked when it is in the form of today.
  experiment: Type.Object({
    definition: Type.Object({ noticed: Type.Optional(Type.Object({})), epochs: Type.Array(Type.Object({})) }),
  }),
  record: Type.Object({
    ...Assignment,
    client: Client,
    id: Type.Optional(Type.String()),
    epoch: Position,
    day: Type.String(),
    segments: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), { minItems: 1, maxItems: DIMENSIONS_MAX }),
    ),
    covariate: Type.Optional(Type.Number()),
    conflict: Type.Optional(Type.Literal(true)),
    conversions: Type.Optional(
      Type.Array(Type.Object({ kpi: Position, day: Type.String(), events: Count, total: Type.Number() })),
    ),
  }),
  link: Type.Object({
    client: Client,
    to: Client,
    id: Type.Optional(Type.String()),
    conflict: Type.Optional(
      Type.Object({
        kept: Type.Object(Assignment),
        takenOut: Type.Object({ ...Assignment, epoch: Position, day: Type.String() }),
      }),
    ),
  }),
  tally: Type.Object({
    ...Assignment,
    epoch: Position,
    kpi: Type.Union([Position, Type.Null()]),
    ...SUBSET_FIELDS,
    capped: Type.Optional(Type.Literal(true)),
    clients: Type.Number(),
    events: Type.Number(),
    sum: Type.Number(),
    sumRest: Type.Optional(Type.Array(Type.Number(), { maxItems: PARTS_MAX })),
    squares: Type.Number(),
    squaresRest: Type.Optional(Type.Array(Type.Number(), { maxItems: PARTS_MAX })),
    unrecorded: Type.Optional(Type.Literal(true)),
  }),
  activity: Type.Object({ entry: Type.Object({}) }),
  end: Type.Object({ records: Count, digest: Type.Union([Type.String(), Type.Null()]) }),
  footer: Type.Object({ experiments: Count, incomplete: Type.Optional(Type.Array(Type.String())) }),
} satisfies Record<Line["kind"], TSchema>;

const Kind = Type.Object({ kind: Type.Enum(Object.keys(LINES) as Line["kind"][]) });

const isLine = checker(Kind);
const CHECKERS: ReadonlyMap<string, (value: unknown) => boolean> = new Map(
  Object.entries(LINES).map(([kind, schema]) => [kind, checker<TSchema>(schema)]),
);

/** The line, checked; or in words what was expected. */
export function lineIn(value: unknown): Line | string {
  if (!isLine(value)) return "a line of an export of Sixpack";
  const { kind } = value;
  if (CHECKERS.get(kind)?.(value) !== true) return faultOf(LINES[kind], value, `a line of the kind ${kind}`);
  const line = value as unknown as Line;
  const fault = line.kind === "activity" ? activityFault(line.entry) : undefined;
  return fault === undefined ? line : `entry/${fault}`;
}
