/** Changing how an experiment is planned: a form of its page. How it is shared out is among the actions. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Experiment } from "../domain/experiment.ts";
import type { Act } from "../service/act.ts";
import { plainDefinition } from "../service/compat.ts";
import type { ServiceContext } from "../service/context.ts";
import { setPlan } from "../service/plan.ts";
import { actorOf } from "./access.ts";
import { wantsJson } from "./answer.ts";
import type { Flashes } from "./flash.ts";
import { formField } from "./form.ts";
import { addRoute, nameOf } from "./routes.ts";
import { experimentUrl } from "./urls.ts";

interface Setting {
  /** What its button says, as a form shown again calls it. */
  readonly label: string;
  /** What the next page says. */
  readonly done: string;
  readonly act: (context: ServiceContext, act: Act, body: unknown) => Promise<Experiment>;
}

/** By the end of its path. `docs/http-api.md` lists the same ones. */
export const SETTING_PATHS = {
  plan: { label: "Set plan", done: "Set the plan.", act: planFromForm },
} as const satisfies Record<string, Setting>;

export function addSettings(app: FastifyInstance, context: ServiceContext, flash: Flashes): void {
  for (const [path, setting] of Object.entries<Setting>(SETTING_PATHS)) {
    const POST = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const act = { name: nameOf(request), actor: actorOf(request.identity) };
      const experiment = await setting.act(context, act, request.body);
      reply.header("cache-control", "no-store");
      if (wantsJson(request)) {
        return reply.send({ status: "ok", name: act.name, definition: plainDefinition(experiment) });
      }
      flash.leave(request, reply, { text: setting.done, undo: null });
      return reply.redirect(experimentUrl(act.name), 302);
    };
    addRoute(app, `/experiments/:name/${path}`, { access: "editor", form: setting.label, POST });
  }
}

/** The primary KPI and the size, from the form. Without fields for other KPIs, they are explored. */
async function planFromForm(context: ServiceContext, act: Act, body: unknown): Promise<Experiment> {
  return setPlan(context, act, {
    primary: {
      kpi: formField(body, "kpi"),
      better: formField(body, "better"),
      decides_on: formField(body, "decides_on"),
    },
    baseline_rate: formField(body, "baseline_rate"),
    minimum_uplift: formField(body, "minimum_uplift"),
    power: formField(body, "power"),
    participants: formField(body, "participants"),
  });
}
