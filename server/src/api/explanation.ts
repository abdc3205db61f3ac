/**
 * The answer of `/participate` with `explain`: what the client gets, why, what is recorded, and which parts of the call
 * were ignored.
 */
import type { Explanation } from "../service/explain.ts";
import type { ParticipateRequest } from "../service/participate.ts";
import { recordJson } from "../service/report/record-json.ts";
import type { Answer } from "./answer.ts";
import { type Arguments, argumentsOf, ROWS } from "./arguments.ts";
import { participation } from "./participation.ts";

/** Longest name of an argument that is shown in full, in characters. */
const NAME_SHOWN_MAX = 100;

export function explanation(told: Explanation, request: ParticipateRequest, args: Arguments): Answer {
  const { status, body } = participation(told.answer, args);
  const { steps } = told;
  const more = JSON.stringify({
    explanation: {
      steps,
      record: recordJson(told.answer.experiment, told.record),
      unread: unreadIn(args, request, told),
    },
  });
  return { status, body: `${body.slice(0, -1)},${more.slice(1)}` };
}

interface Unread {
  readonly argument: string;
  readonly why: string;
}

/** What was sent and ignored. A mistyped name shows nowhere else. */
function unreadIn(args: Arguments, request: ParticipateRequest, told: Explanation): readonly Unread[] {
  const { answer, record } = told;
  const known = new Set<string>(argumentsOf("participate").map(([name]) => name));
  const others = [...ROWS.keys()].filter((name) => !known.has(name) && isGiven(args, name));
  const isThere = answer.experiment !== undefined;
  const idle: readonly (readonly [argument: string, isIdle: boolean, why: string])[] = [
    ["record_force", request.recordForce && request.force === undefined, "it means something beside `force` only"],
    ["weights", isThere && args.weights.length > 0, "the experiment exists; its shares are those of the dashboard"],
    [
      "traffic_dist",
      args.traffic_fraction !== undefined && isGiven(args, "traffic_dist"),
      "`traffic_fraction` counts before it",
    ],
    [
      "traffic_fraction",
      isThere && isGiven(args, "traffic_fraction") && isHeld(answer),
      "a person has set the traffic",
    ],
    ["covariate", record !== undefined && isGiven(args, "covariate"), FROZEN],
  ];
  return [
    ...args.unread.map((name) => ({ argument: name.slice(0, NAME_SHOWN_MAX), why: "no argument of this server" })),
    ...others.map((argument) => ({ argument, why: "an argument of `/convert`" })),
    ...idle.flatMap(([argument, isIdle, why]) => (isIdle ? [{ argument, why }] : [])),
    ...unreadSegments(args, told),
  ];
}

const FROZEN = "the client's first participation counts";

/** Those that the experiment doesn't declare, and all of them once the client has its own. */
function unreadSegments({ segments }: Arguments, { answer: { experiment }, record }: Explanation): readonly Unread[] {
  if (segments === undefined || experiment === undefined) return [];
  const declared = new Set(experiment.dimensions?.map(({ name }) => name));
  return [...segments.keys()].flatMap((name) => {
    const why = !declared.has(name) ? "no declared segment of the experiment" : record !== undefined ? FROZEN : null;
    return why === null ? [] : [{ argument: `segment.${name}`.slice(0, NAME_SHOWN_MAX), why }];
  });
}

function isHeld({ experiment }: Explanation["answer"]): boolean {
  return experiment?.trafficHeld === true;
}

function isGiven(args: Arguments, name: string): boolean {
  const value = args[name as keyof Arguments];
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "";
}
