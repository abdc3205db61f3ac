/**
 * What people do to an experiment: the POST paths of Sixpack 2.7, answered with its redirects, or with JSON for
 * programs that ask for it in `Accept`. Those that take something away ask first: see `confirm.tsx`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { quote } from "../../domain/names.ts";
import type { Act } from "../../service/administer/act.ts";
import {
  describe,
  remove,
  reset,
  restore,
  type Switch,
  setArchived,
  setPaused,
  setWinner,
} from "../../service/administer/administer.ts";
import { declare } from "../../service/administer/declare.ts";
import { setPlan } from "../../service/administer/plan.ts";
import { undo } from "../../service/administer/undo.ts";
import type { ServiceContext } from "../../service/context.ts";
import { plainDefinition } from "../../service/report/compat.ts";
import { exportCsv } from "../../service/report/export.ts";
import { viewExperiment } from "../../service/report/report.ts";
import type { Activity } from "../../store/store.ts";
import { actorOf, type Role } from "../access/access.ts";
import { wantsJson, wantsPage } from "../answer.ts";
import type { Flashes } from "../flash.ts";
import { formField, queryField, requiredField, TYPED_FIELD } from "../form.ts";
import { planField } from "../plan-form.ts";
import { addRoute, nameOf } from "../routes.ts";
import { experimentUrl } from "../urls.ts";
import { type Confirmation, confirmationPages, sendConfirmation } from "./confirm.tsx";
import { declarationOf } from "./declaration.ts";
import { doneFlash } from "./message.ts";
import { planPage, sendPlan } from "./plan.tsx";
import { sendShare } from "./share.tsx";
import { SHARE_ACTIONS } from "./sharing.ts";

interface Action {
  readonly role: Role;
  /** What its button says, as a form shown again calls it. */
  readonly label: string;
  readonly act: (context: ServiceContext, act: Act, body: unknown, params: unknown) => Promise<Experiment | undefined>;
  /** The page on which a refusal is told beside the form; left out it is a page of its own. */
  readonly page?: "share" | "plan";
  /** The page that shows the form again when another name was typed than that of the experiment. */
  readonly typed?: Extract<Confirmation["kind"], "reset" | "delete">;
}

/** By the end of its path, `<…>` standing for a part of it. `docs/http-api.md` lists the same ones. */
export const ACTION_PATHS = {
  ...SHARE_ACTIONS,
  "winner/": {
    role: "editor",
    label: "Set winner",
    act: (context, act, body) => setWinner(context, act, requiredField(body, "alternative_name")),
  },
  "winner/reset/": {
    role: "editor",
    label: "Go back to testing",
    act: (context, act) => setWinner(context, act, null),
  },
  "reset/": { role: "admin", label: "Reset", act: (context, act) => reset(context, act), typed: "reset" },
  "delete/": {
    role: "admin",
    label: "Delete",
    act: (context, act) => remove(context, act).then(() => undefined),
    typed: "delete",
  },
  "restore/": {
    role: "admin",
    label: "Restore",
    act: (context, act, body) => restore(context, act, numberField(body, "incarnation")),
  },
  pause: {
    role: "editor",
    label: "Pause or resume",
    act: (context, act, body) => setPaused(context, act, switchField(body, "paused")),
  },
  archive: {
    role: "editor",
    label: "Archive or unarchive",
    act: (context, act, body) => setArchived(context, act, switchField(body, "archived")),
  },
  description: {
    role: "editor",
    label: "Save description",
    act: (context, act, body) => describe(context, act, requiredField(body, "description")),
  },
  plan: {
    role: "editor",
    label: "Save plan",
    page: "plan",
    act: (context, act, body) => setPlan(context, act, planField(body)),
  },
  undo: {
    role: "editor",
    label: "Undo",
    act: (context, act, body) =>
      undo(context, act, { atMs: requiredNumber(body, "at_ms"), action: requiredField(body, "action") }),
  },
} as const satisfies Record<string, Action>;

export { nameOf } from "../routes.ts";

export type ActionPath = keyof typeof ACTION_PATHS;

export function addActions(app: FastifyInstance, context: ServiceContext, flash: Flashes): void {
  const pages: Readonly<Record<string, RouteHandlerMethod>> = {
    ...confirmationPages(context),
    plan: planPage(context),
  };
  for (const [path, action] of Object.entries<Action>(ACTION_PATHS)) {
    const bare = path.replace(/\/$/, "").replace(/<(\w+)>/, ":$1");
    addRoute(app, `/experiments/:name/${bare}`, {
      access: action.role,
      form: action.label,
      ...(pages[bare] === undefined ? {} : { GET: pages[bare] }),
      POST: async (request, reply) => {
        const name = nameOf(request);
        const refusal = action.typed === undefined ? undefined : checkTyped(request, name);
        if (refusal !== undefined && action.typed !== undefined && wantsPage(request)) {
          return sendConfirmation(context, reply, { kind: action.typed, name, problem: refusal.detail });
        }
        if (refusal !== undefined) throw refusal;
        const { act, logged } = actOf(request, name);
        try {
          const experiment = await action.act(context, act, request.body, request.params);
          if (wantsPage(request))
            flash.leave(request, reply, doneFlash(path as ActionPath, name, experiment, logged()));
          return done(request, reply, name, experiment, logged());
        } catch (error) {
          if (action.page === undefined || !wantsPage(request) || !isRefusedForm(error)) throw error;
          const problem = error.detail ?? error.message;
          return action.page === "plan"
            ? sendPlan(context, reply, name, { body: request.body, problem })
            : sendShare(context, reply, name, problem);
        }
      },
    });
  }
  addRoute(app, "/experiments", {
    access: "editor",
    form: "Declare experiment",
    POST: async (request, reply) => {
      const name = requiredField(request.body, "name");
      const { act, logged } = actOf(request, name);
      const { experiment } = await declare(context, act, declarationOf(request.body));
      return done(request, reply, name, experiment, logged());
    },
  });
  addRoute(app, "/experiments/:name/export", {
    access: "viewer",
    form: "Export",
    POST: (request, reply) => sendCsv(context, request, reply),
  });
}

/** An act of whoever asks; `logged` is the entry that it left in the log so far. */
function actOf(
  request: FastifyRequest,
  name: string,
): { readonly act: Act; readonly logged: () => Activity | undefined } {
  let entry: Activity | undefined;
  const onLogged = (logged: Activity) => {
    entry = logged;
  };
  return { act: { name, actor: actorOf(request.identity), onLogged }, logged: () => entry };
}

/** What the sender of a form can put right in it. */
function isRefusedForm(error: unknown): error is SixpackError {
  return error instanceof SixpackError && error.status === 400;
}

/** Scripts of 2.7 send no name; a form of ours always does. */
function checkTyped(request: FastifyRequest, name: string): SixpackError | undefined {
  const typed = formField(request.body, TYPED_FIELD);
  if (typed === undefined || typed.trim() === name) return undefined;
  return new SixpackError("invalid-form", `Expected the name of the experiment, ${quote(name)}, got ${quote(typed)}`);
}

function done(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  experiment: Experiment | undefined,
  entry: Activity | undefined,
): FastifyReply {
  reply.header("cache-control", "no-store");
  if (wantsJson(request)) {
    return reply.send({
      status: "ok",
      name,
      definition: experiment === undefined ? null : plainDefinition(experiment),
      entry: entry === undefined ? null : { at_ms: entry.atMs, action: entry.action },
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

function numberField(body: unknown, name: string): number | undefined {
  const raw = formField(body, name);
  if (raw === undefined) return undefined;
  if (!/^\d{1,15}$/.test(raw)) {
    throw new SixpackError("invalid-form", `Expected \`${name}\` as a number, got ${quote(raw)}`);
  }
  return Number(raw);
}

function requiredNumber(body: unknown, name: string): number {
  return numberField({ [name]: requiredField(body, name) }, name) ?? 0;
}
