/** The answers of `/convert`: in one experiment, in every one that the client takes part in, and of a robot. */
import { type Static, Type } from "typebox";
import type { ConvertAnswer } from "../service/convert.ts";
import type { ConvertEverywhereAnswer } from "../service/convert-everywhere.ts";
import { type Answer, json, NAMED, OK } from "./answer.ts";
import type { Arguments } from "./arguments.ts";

const WORTH = Type.Object({
  value: Type.Union([Type.Number(), Type.Null()]),
  kpi: Type.Union([Type.String(), Type.Null()]),
});

export const CONVERSION = Type.Object({
  status: OK,
  alternative: NAMED,
  experiment: NAMED,
  conversion: WORTH,
  client_id: Type.String(),
});

export const CONVERSIONS = Type.Object({
  status: OK,
  conversion: WORTH,
  client_id: Type.String(),
  experiments: Type.Array(Type.Object({ name: Type.String(), alternative: NAMED })),
});

/** Of a robot or an ignored address. */
export const FILTERED = Type.Object({ status: OK, excluded: Type.Literal("true") });

export function conversion(answer: ConvertAnswer, args: Arguments): Answer {
  if (answer.kind === "filtered") return filtered();
  return json<typeof CONVERSION>({
    status: "ok",
    alternative: { name: answer.alternative },
    experiment: { name: answer.experiment.name },
    conversion: worthOf(args),
    client_id: args.client_id ?? "",
  });
}

export function conversions(answer: ConvertEverywhereAnswer, args: Arguments): Answer {
  if (answer.kind === "filtered") return filtered();
  return json<typeof CONVERSIONS>({
    status: "ok",
    conversion: worthOf(args),
    client_id: args.client_id ?? "",
    experiments: answer.conversions.map(({ experiment, alternative }) => ({
      name: experiment.name,
      alternative: { name: alternative },
    })),
  });
}

function filtered(): Answer {
  return json<typeof FILTERED>({ status: "ok", excluded: "true" });
}

function worthOf({ value, kpi }: Arguments): Static<typeof WORTH> {
  return { value: value === undefined || value === "" ? null : Number(value), kpi: kpi ?? null };
}
