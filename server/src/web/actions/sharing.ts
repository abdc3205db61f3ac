/** Actions on how new clients are shared out: each begins an epoch. Their forms are `pages/share.tsx`. */
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { quote } from "../../domain/names.ts";
import { parseTrafficFraction, parseTrafficShare } from "../../domain/traffic.ts";
import type { Act } from "../../service/administer/act.ts";
import {
  addAlternative,
  releaseTraffic,
  retireAlternative,
  setPolicy,
  setTrafficFraction,
  setWeights,
} from "../../service/administer/share.ts";
import type { ServiceContext } from "../../service/context.ts";
import type { Role } from "../access/access.ts";
import { formList, requiredField, textField } from "../form.ts";

export interface ShareAction {
  readonly role: Role;
  readonly label: string;
  readonly act: (context: ServiceContext, act: Act, body: unknown, params: unknown) => Promise<Experiment>;
  /** A refusal is told on the page with the forms. */
  readonly page: "share";
}

export const SHARE_ACTIONS = {
  weights: {
    role: "editor",
    label: "Set weights",
    act: (context, act, body) => setWeights(context, act, formList(body, "weights")),
    page: "share",
  },
  traffic: {
    role: "editor",
    label: "Set traffic",
    act: (context, act, body) => setTrafficFraction(context, act, trafficOf(body)),
    page: "share",
  },
  "traffic/release": {
    role: "editor",
    label: "Let calls change the traffic",
    act: (context, act) => releaseTraffic(context, act),
    page: "share",
  },
  policy: {
    role: "editor",
    label: "Set policy",
    act: (context, act, body) =>
      setPolicy(
        context,
        act,
        choiceOf(body, "policy", ["uniform", "thompson"], undefined),
        choiceOf(body, "goal", ["earn", "learn"] as const, "earn"),
      ),
    page: "share",
  },
  alternatives: {
    role: "editor",
    label: "Add alternative",
    act: (context, act, body) => addAlternative(context, act, requiredField(body, "alternative").trim()),
    page: "share",
  },
  "alternatives/<alternative>/retire": {
    role: "editor",
    label: "Retire alternative",
    act: (context, act, _body, params) => retireAlternative(context, act, requiredField(params, "alternative")),
    page: "share",
  },
} as const satisfies Record<string, ShareAction>;

/** @throws SixpackError invalid-form, invalid-traffic-fraction */
function trafficOf(body: unknown): number {
  const fraction = textField(body, "traffic_fraction");
  if (fraction !== undefined) return parseTrafficFraction(fraction);
  const percent = textField(body, "traffic_percent");
  if (percent !== undefined) return parseTrafficShare(percent);
  throw new SixpackError("invalid-form", "Expected a field `traffic_fraction` or `traffic_percent`, got neither");
}

function choiceOf<T extends string>(body: unknown, name: string, choices: readonly T[], otherwise: T | undefined): T {
  const raw = textField(body, name);
  const choice = raw === undefined || raw === "" ? otherwise : choices.find((candidate) => candidate === raw);
  if (choice === undefined) {
    throw new SixpackError("invalid-form", `Expected \`${name}\` as ${choices.join(" or ")}, got ${quote(raw ?? "")}`);
  }
  return choice;
}
