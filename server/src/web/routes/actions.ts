/**
 * What people do to an experiment: the POST paths of Sixpack 2.7, answered with its redirects, or with JSON for
 * programs that ask for it in `Accept`. Those that take something away ask first: see `confirm.tsx`.
 */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { SixpackError, unreachable } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { quote } from "../../domain/names.ts";
import { member } from "../../lib/member.ts";
import { shownName } from "../../lib/shown-name.ts";
import { type Act, perform, type Target } from "../../service/administer/act.ts";
import { logWord } from "../../service/administer/acts/acts.ts";
import { ALL_ACTS } from "../../service/administer/acts/undo.ts";
import { declarationOf } from "../../service/administer/declaration-fields.ts";
import { declare } from "../../service/administer/declare.ts";
import { formField } from "../../service/administer/fields.ts";
import { rangeOf } from "../../service/analysis/analysis.ts";
import type { ServiceContext } from "../../service/context.ts";
import { piecesInTurns } from "../../service/in-turns.ts";
import { csvPieces } from "../../service/report/csv-2.7.ts";
import { plainDefinition } from "../../service/report/json-2.7.ts";
import { viewExperiment } from "../../service/report/kpi-view.ts";
import { parseAnalysisQuery } from "../../service/report/report-json.ts";
import type { Activity } from "../../store/activity.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import type { Flash, Flashes } from "../http/flash.ts";
import { BACK_FIELD, queryField, queryFields, TYPED_FIELD } from "../http/form.ts";
import { actorOf } from "../http/identity.ts";
import { attach, sendFile, wantsJson, wantsPage } from "../http/send.ts";
import { experimentUrl, safePath } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { problemText } from "../views/ui/problem.tsx";
import { isRefusedForm, planPage, schedulePage, sendPlan, sendSchedule, sendShare } from "./act-forms.tsx";
import { confirmationPages, sendConfirmation } from "./confirm.tsx";
import { type Asked, overridden } from "./overriding.ts";

export function addActions(app: FastifyInstance, context: ServiceContext, flash: Flashes): void {
  const pages: Readonly<Record<string, RouteHandlerMethod>> = {
    ...confirmationPages(context),
    plan: planPage(context),
    schedule: schedulePage(context),
  };
  for (const act of ALL_ACTS) {
    const bare = act.path.replace(/\/$/, "").replace(/<(\w+)>/, ":$1");
    addRoute(app, `/experiments/:name/${bare}`, {
      access: act.role,
      form: act.label,
      ...(pages[bare] === undefined ? {} : { GET: pages[bare] }),
      POST: async (request, reply) => {
        const name = nameOf(request);
        const refusal = act.typed === undefined ? undefined : checkTyped(request, name);
        if (refusal !== undefined) {
          if (!wantsPage(request)) throw refusal;
          const kind = bare === "reset" ? "reset" : "delete";
          return sendConfirmation(context, reply, { kind, name, problem: problemText(refusal) });
        }
        const { body, params } = request;
        const run: Asked["run"] = (on, target) => perform(act, on, target, { body, params });
        // What asks for the name of the experiment has asked.
        const asking = act.typed ? undefined : await overridden(context, request, { name, label: act.label, run });
        if (asking !== undefined) return sendScreen(reply, 409, asking);
        const { target, logged } = targetOf(request, name);
        try {
          const experiment = await perform(act, context, target, { body, params });
          if (wantsPage(request)) flash.leave(request, reply, doneFlash(act, name, experiment, logged()));
          const text = act.done(shownName(name), experiment);
          return done(request, reply, { name, experiment, entry: logged(), text });
        } catch (error) {
          if (act.page === undefined || !wantsPage(request) || !isRefusedForm(error)) throw error;
          return sendRefused(context, reply, act.page, { name, body: request.body, problem: problemText(error) });
        }
      },
    });
  }
  addRoute(app, "/experiments", {
    access: "editor",
    form: "Declare experiment",
    POST: async (request, reply) => {
      const { name, declaration } = declarationOf(request.body);
      const run: Asked["run"] = (on, target) => declare(on, target, declaration);
      const asking = await overridden(context, request, { name, label: "Declare experiment", run });
      if (asking !== undefined) return sendScreen(reply, 409, asking);
      const { target, logged } = targetOf(request, name);
      const { experiment } = await declare(context, target, declaration);
      const text = `Declared ${shownName(name)}.`;
      return done(request, reply, { name, experiment, entry: logged(), text });
    },
  });
  addRoute(app, "/experiments/:name/export", {
    access: "viewer",
    form: "Export",
    POST: (request, reply) => sendCsv(context, request, reply),
  });
}

/** An act of whoever asks; `logged` is the entry that it left in the log so far. */
function targetOf(
  request: FastifyRequest,
  name: string,
): { readonly target: Target; readonly logged: () => Activity | undefined } {
  let entry: Activity | undefined;
  const onLogged = (logged: Activity) => {
    entry = logged;
  };
  return { target: { name, actor: actorOf(request.identity), onLogged }, logged: () => entry };
}

/**
 * What the page after an act says, and the form that takes it back.
 * @param entry of the log; `undefined` for an act that changed nothing, which leaves nothing to undo
 */
function doneFlash(
  { done, back }: Act,
  name: string,
  experiment: Experiment | undefined,
  entry: Activity | undefined,
): Omit<Flash, "atMs"> {
  const text = done(shownName(name), experiment);
  if (entry === undefined) return { text, undo: null };
  if (back !== undefined) return { text, undo: { experiment: name, action: back.path, label: back.label, fields: {} } };
  if (logWord(entry.action)?.part === undefined) return { text, undo: null };
  const fields = { at_ms: String(entry.atMs), action: entry.action };
  return { text, undo: { experiment: name, action: "undo", label: "Undo", fields } };
}

interface Refused {
  readonly name: string;
  readonly body: unknown;
  readonly problem: string;
}

/** The page that the form was on, with what is wrong and what was filled in. */
function sendRefused(
  context: ServiceContext,
  reply: FastifyReply,
  page: NonNullable<Act["page"]>,
  { name, body, problem }: Refused,
): Promise<FastifyReply> {
  switch (page) {
    case "share":
      return sendShare(context, reply, name, problem);
    case "plan":
      return sendPlan(context, reply, name, { body, problem });
    case "schedule":
      return sendSchedule(context, reply, name, { body, problem });
    default:
      return unreachable(page);
  }
}

/** Scripts of 2.7 send no name; a form of ours always does: as it is, or as the page shows it. */
function checkTyped(request: FastifyRequest, name: string): SixpackError | undefined {
  const typed = formField(request.body, TYPED_FIELD);
  if (typed === undefined || typed === name) return undefined;
  const wanted = [name.trim(), shownName(name)];
  if (typed.trim() !== "" && wanted.includes(typed.trim())) return undefined;
  return new SixpackError("invalid-form", `Expected the name of the experiment, ${quote(name)}, got ${quote(typed)}`);
}

interface Done {
  readonly name: string;
  readonly experiment: Experiment | undefined;
  readonly entry: Activity | undefined;
  /** What the page says of it. */
  readonly text: string;
}

function done(request: FastifyRequest, reply: FastifyReply, { name, experiment, entry, text }: Done): FastifyReply {
  if (wantsJson(request)) {
    return reply.send({
      status: "ok",
      name,
      text,
      definition: experiment === undefined ? null : plainDefinition(experiment),
      entry: entry === undefined ? null : { at_ms: entry.atMs, action: entry.action },
    });
  }
  const back = member(request.body, BACK_FIELD);
  if (back !== undefined) return reply.redirect(safePath(back), 302);
  // After a delete there is nothing to look at but the list.
  const kpi = queryField(request.query, "kpi");
  return reply.redirect(experiment === undefined ? "/" : experimentUrl(name, kpi), 302);
}

async function sendCsv(context: ServiceContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const range = rangeOf(parseAnalysisQuery(queryFields(request, ["from", "to"])));
  const view = await viewExperiment(context, nameOf(request), queryField(request.query, "kpi"), "day", range);
  attach(reply, view.experiment.name, (name) => `sixpack_export_${name}.csv`);
  return sendFile(reply, "text/csv; charset=utf-8", Readable.from(piecesInTurns(csvPieces(view))));
}
