/**
 * What people do to an experiment: the POST paths of Sixpack 2.7, answered with its redirects, or with JSON for
 * programs that ask for it in `Accept`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import { quote } from "../domain/names.ts";
import type { Act } from "../service/act.ts";
import {
  describe,
  remove,
  reset,
  restore,
  type Switch,
  setArchived,
  setPaused,
  setWinner,
} from "../service/administer.ts";
import { plainDefinition } from "../service/compat.ts";
import type { ServiceContext } from "../service/context.ts";
import { exportCsv } from "../service/export.ts";
import { viewExperiment } from "../service/report.ts";
import { wantsJson } from "./answer.ts";
import { formField, queryField, requiredField } from "./form.ts";
import { addRoute } from "./routes.ts";
import { experimentUrl } from "./urls.ts";

/** Who acts, as the activity log shows it where nobody logs in. */
const ANYONE = "anyone";

type Action = (context: ServiceContext, act: Act, body: unknown) => Promise<Experiment | undefined>;

/** By the end of its path. `docs/http-api.md` lists the same ones. */
export const ACTION_PATHS = {
  "winner/": (context, act, body) => setWinner(context, act, requiredField(body, "alternative_name")),
  "winner/reset/": (context, act) => setWinner(context, act, null),
  "reset/": (context, act) => reset(context, act),
  "delete/": (context, act) => remove(context, act).then(() => undefined),
  "restore/": (context, act, body) => restore(context, act, incarnationField(body)),
  pause: (context, act, body) => setPaused(context, act, switchField(body, "paused")),
  archive: (context, act, body) => setArchived(context, act, switchField(body, "archived")),
  description: (context, act, body) => describe(context, act, requiredField(body, "description")),
} as const satisfies Record<string, Action>;

export function addActions(app: FastifyInstance, context: ServiceContext): void {
  for (const [path, action] of Object.entries<Action>(ACTION_PATHS)) {
    addBoth(app, path, async (request, reply) => {
      const act = { name: nameOf(request), actor: ANYONE };
      const experiment = await action(context, act, request.body);
      return done(request, reply, act.name, experiment);
    });
  }
  addBoth(app, "export", (request, reply) => sendCsv(context, request, reply));
}

/** 2.7 ended some of its paths with a slash; both spellings work. */
function addBoth(
  app: FastifyInstance,
  path: string,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
): void {
  const bare = path.replace(/\/$/, "");
  addRoute(app, `/experiments/:name/${bare}`, { POST: handler });
  addRoute(app, `/experiments/:name/${bare}/`, { POST: handler });
}

export function nameOf(request: FastifyRequest): string {
  return requiredField(request.params, "name");
}

function done(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  experiment: Experiment | undefined,
): FastifyReply {
  reply.header("cache-control", "no-store");
  if (wantsJson(request)) {
    return reply.send({
      status: "ok",
      name,
      definition: experiment === undefined ? null : plainDefinition(experiment),
    });
  }
  // After a delete there is nothing to look at but the list.
  const kpi = queryField(request.query, "kpi");
  return reply.redirect(experiment === undefined ? "/" : experimentUrl(name, kpi), 302);
}

async function sendCsv(context: ServiceContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const view = await viewExperiment(context, nameOf(request), queryField(request.query, "kpi"), "day");
  // Stored names may be older than the rule for names; a header takes no quotes or line ends.
  const file = view.experiment.name.replace(/[^\w.-]/g, "_");
  return reply
    .type("text/csv; charset=utf-8")
    .header("cache-control", "no-store")
    .header("content-disposition", `attachment; filename="sixpack_export_${file}.csv"`)
    .send(exportCsv(view));
}

/** Left out it toggles, as in 2.7; a form that was on a screen for long says what it means. */
function switchField(body: unknown, name: string): Switch {
  const raw = formField(body, name);
  switch (raw) {
    case undefined:
      return "toggle";
    case "true":
      return true;
    case "false":
      return false;
    default:
      throw new SixpackError("invalid-form", `Expected \`${name}\` as true or false, got ${quote(raw)}`);
  }
}

function incarnationField(body: unknown): number | undefined {
  const raw = formField(body, "incarnation");
  if (raw === undefined) return undefined;
  if (!/^\d{1,15}$/.test(raw)) {
    throw new SixpackError("invalid-form", `Expected \`incarnation\` as a number, got ${quote(raw)}`);
  }
  return Number(raw);
}
