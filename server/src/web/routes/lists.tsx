/** The lists of experiments, at the paths of 2.7. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { oneOf } from "../../domain/names.ts";
import type { ServiceContext } from "../../service/context.ts";
import { OVERVIEW_ARGUMENTS, parseOverviewQuery, readOverview } from "../../service/report/overview.ts";
import { listViews } from "../../service/report/saved-views.ts";
import { STATUSES } from "../../service/report/selection.ts";
import { addRoute } from "../http/add-route.ts";
import { queryFields } from "../http/form.ts";
import { sendPage } from "../http/send.ts";
import { listPath } from "../http/urls.ts";
import { apiUrlFor, type WebOptions } from "../http/web-options.ts";
import { ListPage } from "../views/pages/list/list-page.tsx";
import { LIST_VIEWS } from "../views/pages/list/view.ts";

export const LIST_PATHS: readonly string[] = STATUSES.map(listPath);

const ARGUMENTS = [...OVERVIEW_ARGUMENTS, "view"] as const;

export function addLists(app: FastifyInstance, context: ServiceContext, options: WebOptions): void {
  for (const status of STATUSES) {
    const path = listPath(status);
    const GET = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const fields = queryFields(request, ARGUMENTS);
      const query = parseOverviewQuery(status, fields);
      const view = oneOf("view", LIST_VIEWS, fields.view || "table");
      const [overview, views] = await Promise.all([readOverview(context, query), listViews(context.store)]);
      const apiUrl = apiUrlFor(request, options);
      return sendPage(reply, 200, <ListPage {...{ path, overview, query, view, views, apiUrl }} />);
    };
    addRoute(app, path, { GET });
  }
}
