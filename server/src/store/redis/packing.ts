/** Batches of calls and their outcomes as bytes; the scripts' heads state the same layout. */
import type { Assignment } from "../../domain/assignment.ts";
import { CLIENT_KEY_BYTES, type ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
import { assignmentCode, assignmentOf, isAssignmentCode } from "../assignment-code.ts";
import { unreadable } from "../kept-bytes.ts";
import { extrasOf } from "../record-codec.ts";
import type { Conversion, ConversionOutcome, Participation, ParticipationOutcome } from "../store.ts";

/** Two bytes per call: the first letter of what happened, and the assignment. */
const OUTCOME_BYTES = 2;

const RECORDED = letter("r");
const REPEATED = letter("r");
const DUPLICATE = letter("d");
const EXISTING = letter("e");
const BY_LINK = letter("l");
const TOO_LATE = letter("l");
const CONVERTED = letter("c");
const STALE = letter("s");
const NOT_PARTICIPATING = letter("x");
const REFUSED = letter("u");
const UNREADABLE = letter("b");

/** What a script makes of each call: its outcome, or why it could not be answered while the others were. */
export type Outcomes<Outcome> = readonly (Outcome | SixpackError)[];

export function packParticipations(calls: readonly Participation[]): Buffer {
  let packed = "";
  for (const call of calls) {
    const { client, proposal, day } = call;
    const extras = extrasOf(call);
    packed += client + String.fromCharCode(assignmentCode(proposal), day >>> 8, day & 255, extras.length) + extras;
  }
  return Buffer.from(packed, "latin1");
}

/** The ids to be kept, one per call; nothing where no call has one. */
export function idArguments(calls: readonly Participation[], ids: string): readonly string[] {
  return calls.some(({ id }) => id !== undefined) ? [ids, ...calls.map(({ id = "" }) => id)] : [];
}

export function participationOutcomes(answer: Buffer): Outcomes<ParticipationOutcome> {
  return outcomesIn(answer, (what, assignment): ParticipationOutcome => {
    if (what === RECORDED) return { kind: "recorded", assignment: assignmentOf(assignment) };
    if (what === EXISTING) return { kind: "existing", assignment: assignmentOf(assignment) };
    if (what === BY_LINK) return { kind: "existing", assignment: assignmentOf(assignment), byLink: true };
    if (what === STALE) return { kind: "stale" };
    throw unknownOutcome(what);
  });
}

const NO_EVENT = "\0".repeat(CLIENT_KEY_BYTES);

/** Client, KPI, day, value and event. */
const CONVERSION_BYTES = CLIENT_KEY_BYTES + 1 + 2 + 8 + CLIENT_KEY_BYTES;

export function packConversions(calls: readonly Conversion[]): Buffer {
  const packed = Buffer.allocUnsafe(calls.length * CONVERSION_BYTES);
  let at = 0;
  for (const { client, kpi, day, value, event } of calls) {
    at += packed.write(client, at, "latin1");
    at = packed.writeUInt8(kpi, at);
    at = packed.writeUInt16BE(day, at);
    at = packed.writeDoubleBE(value, at);
    at += packed.write(event?.key ?? NO_EVENT, at, "latin1");
  }
  return packed;
}

const ALTERNATIVES_AND_EPOCHS_BYTES = 1 + 4;

/** What scripts have to know to tell records of epochs and alternatives that there never were. */
export function packKnown({ alternatives, epochs }: Pick<Experiment, "alternatives" | "epochs">): Buffer {
  const packed = Buffer.allocUnsafe(ALTERNATIVES_AND_EPOCHS_BYTES);
  packed.writeUInt32BE(epochs.length, packed.writeUInt8(alternatives.length, 0));
  return packed;
}

/** KPI, window, whether events are counted, and cap. */
const RULE_BYTES = 1 + 2 + 1 + 8;
const NO_WINDOW = 0xffff;

/** What scripts have to know of KPIs; those without rules are left out. */
export function packRules({ kpis }: Pick<Experiment, "kpis">): Buffer {
  const caps = capsOf({ kpis });
  const rules = kpis.flatMap(({ windowDays }, kpi) =>
    caps.has(kpi) || windowDays !== undefined ? [{ kpi, amount: caps.get(kpi), windowDays }] : [],
  );
  const packed = Buffer.allocUnsafe(rules.length * RULE_BYTES);
  let at = 0;
  for (const { kpi, amount, windowDays = NO_WINDOW } of rules) {
    at = packed.writeUInt8(kpi, at);
    at = packed.writeUInt16BE(windowDays, at);
    at = packed.writeUInt8(amount?.of === "events" ? 1 : 0, at);
    at = packed.writeDoubleBE(amount?.cap ?? 0, at);
  }
  return packed;
}

export function conversionOutcomes(answer: Buffer): Outcomes<ConversionOutcome> {
  return outcomesIn(answer, (what, assignment): ConversionOutcome => {
    if (what === CONVERTED) return { kind: "converted", assignment: assignmentOf(assignment) };
    if (what === REPEATED) return { kind: "repeated", assignment: assignmentOf(assignment) };
    if (what === TOO_LATE) return { kind: "too-late", assignment: assignmentOf(assignment) };
    if (what === DUPLICATE) return { kind: "duplicate", assignment: assignmentOf(assignment) };
    if (what === NOT_PARTICIPATING) return { kind: "not-participating" };
    if (what === STALE) return { kind: "stale" };
    throw unknownOutcome(what);
  });
}

export function packClients(clients: readonly ClientKey[]): Buffer {
  return Buffer.from(clients.join(""), "latin1");
}

/** `undefined` where a client has no assignment. */
export interface Found {
  readonly assignment: Assignment | undefined;
  /** Of the record that a link leads to; that may change. */
  readonly isByLink: boolean;
}

export function lookupOutcomes(answer: Buffer): Outcomes<Found> {
  return outcomesIn(answer, (what, code): Found => {
    const isByLink = what === BY_LINK;
    return { assignment: isByLink || what === EXISTING ? assignmentOf(code) : undefined, isByLink };
  });
}

function outcomesIn<Outcome>(answer: Buffer, read: (what: number, assignment: number) => Outcome): Outcomes<Outcome> {
  const outcomes: (Outcome | SixpackError)[] = [];
  for (let at = 0; at < answer.length; at += OUTCOME_BYTES) {
    const what = answer.readUInt8(at);
    const code = answer.readUInt8(at + 1);
    if (what === REFUSED) outcomes.push(refusedByRedis());
    else if (what === UNREADABLE) outcomes.push(unreadable("a record", "one that makes no sense"));
    else outcomes.push(isAssignmentCode(code) ? read(what, code) : unreadable("a record", `assignment ${code}`));
  }
  return outcomes;
}

function refusedByRedis(): SixpackError {
  return new SixpackError(
    "store-unavailable",
    "Expected Redis to answer every call of a batch, got its refusal of this one",
  );
}

function unknownOutcome(what: number): SixpackError {
  return new SixpackError("internal", `Expected an outcome that a script gives, got byte ${what}`);
}

function letter(text: string): number {
  return text.charCodeAt(0);
}
