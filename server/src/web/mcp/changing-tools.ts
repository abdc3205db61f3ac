/**
 * Two tools for changes, used one after the other: the first says what the change means and returns a code, the second
 * makes the change with that code. A code is valid for this change of this version of the experiment, by this caller,
 * for a limited time.
 */
import { createHash } from "node:crypto";
import { type Static, Type } from "typebox";
import { SixpackError } from "../../domain/errors.ts";
import { hasPassed, MINUTE_MS } from "../../lib/time.ts";
import { type Act, perform } from "../../service/administer/act.ts";
import { ACTS } from "../../service/administer/acts/acts.ts";
import { entryText, meaningOf } from "../../service/administer/change-words.ts";
import { fieldsText } from "../../service/administer/field-words.ts";
import { pinned, rehearsal } from "../../service/administer/rehearse.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import type { Activity } from "../../store/activity.ts";
import { allows, rolesAllowed } from "../http/identity.ts";
import { seal, unseal } from "../http/signature.ts";
import { type McpContext, tool } from "./tool.ts";

/** How long a code is good, in milliseconds. */
const CODE_AGE_MAX_MS = 15 * MINUTE_MS;

/** What ends or brings back data is for a person, who types the name of the experiment. */
const PROPOSABLE: readonly Act[] = ACTS.filter(({ typed, path }) => typed === undefined && path !== "restore/");

const VALUE = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);
const CHANGE = {
  experiment: Type.String({ description: "Name of the experiment, exactly as it is listed" }),
  act: Type.Enum(PROPOSABLE.map(({ path }) => path)),
  fields: Type.Optional(
    Type.Record(Type.String(), Type.Union([VALUE, Type.Array(VALUE)]), {
      description: "Fields of the act, as its line says",
    }),
  ),
};
const PROPOSAL = Type.Object(CHANGE);
type Proposal = Static<typeof PROPOSAL>;

const ACT_LINES = PROPOSABLE.map(
  ({ path, does, body }) =>
    `- ${path}: ${does}.${Object.keys(body).length === 0 ? "" : ` Fields: ${fieldsText(body)}`}`,
);

export const proposeTool = tool({
  name: "propose_change",
  description: `What a change of an experiment would do, without making it, and the code that confirm_change takes. Show the changes to a person before you confirm. Acts:\n${ACT_LINES.join("\n")}`,
  input: PROPOSAL,
  role: "editor",
  changes: false,
  run: async (context, proposal) => {
    const { service, secretKey } = context;
    const experiment = await findExperiment(service, proposal.experiment);
    const stage = rehearsal(service.store);
    await run({ ...context, service: { ...service, store: stage.store } }, proposal);
    const after = stage.written(experiment.name);
    if (after === undefined) return { changes: [], code: null };
    const { life, version } = experiment;
    return {
      changes: [...stage.entries.map(entryText), ...meaningOf(experiment, after)],
      code: seal(secretKey, "change", { life, version, atMs: service.clock.nowMs() }, boundTo(context, proposal)),
      minutes: CODE_AGE_MAX_MS / MINUTE_MS,
    };
  },
});

export const confirmTool = tool({
  name: "confirm_change",
  description:
    "Makes a change that propose_change has described, by the code it gave and the same arguments. Refused when the experiment was changed since: propose again then.",
  input: Type.Object({ ...CHANGE, code: Type.String() }),
  role: "editor",
  changes: true,
  run: async (context, { code, ...proposal }) => {
    const { service, secretKey } = context;
    const proposed = unseal(secretKey, "change", code, codeIn, () => boundTo(context, proposal));
    if (proposed === undefined || hasPassed(CODE_AGE_MAX_MS, proposed.atMs, service.clock.nowMs())) {
      throw new SixpackError(
        "invalid-form",
        `Expected the code of propose_change for these arguments, within ${CODE_AGE_MAX_MS / MINUTE_MS} minutes`,
      );
    }
    const { name } = await findExperiment(service, proposal.experiment);
    const store = pinned(service.store, { name, life: proposed.life, version: proposed.version });
    const entries = await run({ ...context, service: { ...service, store } }, proposal);
    return { done: entries.map(entryText) };
  },
});

interface Code {
  readonly life: number;
  readonly version: number;
  readonly atMs: number;
}

function codeIn(raw: unknown): Code | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const { life, version, atMs } = raw as Partial<Record<keyof Code, unknown>>;
  if (typeof life !== "number" || typeof version !== "number" || typeof atMs !== "number") return undefined;
  return { life, version, atMs };
}

function boundTo({ caller }: McpContext, { experiment, act, fields = {} }: Proposal): string {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([caller.actor, experiment, act, sorted]))
    .digest("base64url");
}

/** @returns what it left in the log @throws SixpackError forbidden, and those of the act */
async function run({ service, caller }: McpContext, { experiment, act: path, fields = {} }: Proposal) {
  const act = PROPOSABLE.find((one) => one.path === path);
  if (act === undefined) throw new SixpackError("invalid-form", `Expected an act, got ${path}`);
  if (!allows(caller.role, act.role)) {
    throw new SixpackError("forbidden", `Expected the role ${rolesAllowed(act.role)}, got ${caller.role}`);
  }
  const entries: Activity[] = [];
  const text = (value: string | number | boolean): string => String(value);
  const sent = Object.entries(fields).map(
    ([name, value]) => [name, Array.isArray(value) ? value.map(text) : text(value)] as const,
  );
  const isParam = ([name]: readonly [string, unknown]) => act.path.includes(`<${name}>`);
  const params = Object.fromEntries(sent.filter(isParam));
  const body = Object.fromEntries(sent.filter((field) => !isParam(field)));
  const target = { name: experiment, actor: caller.actor, onLogged: (entry: Activity) => entries.push(entry) };
  await perform(act, service, target, { body, params });
  return entries;
}
