/** Saving a list under a name, and taking it away again. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import { requiredField } from "../../service/administer/fields.ts";
import type { ServiceContext } from "../../service/context.ts";
import { OVERVIEW_ARGUMENTS } from "../../service/report/overview.ts";
import { removeView, saveView } from "../../service/report/saved-views.ts";
import { addRoute } from "../http/add-route.ts";
import type { Flash, Flashes } from "../http/flash.ts";
import { wantsJson } from "../http/send.ts";
import { safePath, VIEWS_PATH } from "../http/urls.ts";
import { LIST_PATHS } from "./lists.tsx";

/** What makes a list; the page of it does not. */
const KEPT: readonly string[] = [...OVERVIEW_ARGUMENTS.filter((name) => name !== "page"), "view"];

export function addViews(app: FastifyInstance, context: ServiceContext, flash: Flashes): void {
  addRoute(app, VIEWS_PATH, {
    access: "editor",
    form: "Save view",
    POST: async (request, reply) => {
      const view = { name: requiredField(request.body, "name"), url: listUrlIn(requiredField(request.body, "url")) };
      const before = await saveView(context, view);
      const name = view.name.trim();
      const undo =
        before === undefined
          ? { experiment: null, action: `${VIEWS_PATH}/remove`, label: "Undo", fields: { name } }
          : { experiment: null, action: VIEWS_PATH, label: "Undo", fields: { ...before } };
      return answer(request, reply, view.url, { text: `Saved the view ${name}.`, undo });
    },
  });
  addRoute(app, `${VIEWS_PATH}/remove`, {
    access: "editor",
    form: "Remove view",
    POST: async (request, reply) => {
      const gone = await removeView(context.store, requiredField(request.body, "name"));
      const undo = { experiment: null, action: VIEWS_PATH, label: "Undo", fields: { ...gone } };
      return answer(request, reply, gone.url, { text: `Removed the view ${gone.name}.`, undo });
    },
  });

  function answer(request: FastifyRequest, reply: FastifyReply, url: string, told: Omit<Flash, "atMs">): FastifyReply {
    if (wantsJson(request)) return reply.send({ status: "ok", url });
    flash.leave(request, reply, told);
    return reply.redirect(url, 302);
  }
}

/** The address of a list, without what is no part of it. @throws SixpackError invalid-form */
function listUrlIn(raw: string): string {
  const [path = "", query = ""] = safePath(raw).split("?", 2);
  if (!LIST_PATHS.includes(path)) {
    throw new SixpackError("invalid-form", `Expected \`url\` as one of ${LIST_PATHS.join(", ")} with its query`);
  }
  const kept = [...new URLSearchParams(query)].filter(([name, value]) => KEPT.includes(name) && value !== "");
  const text = new URLSearchParams(kept).toString();
  return text === "" ? path : `${path}?${text}`;
}
