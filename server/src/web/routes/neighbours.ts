/**
 * From one experiment to the one before or after it in a list. Which one that is, is worked out when somebody goes there:
 * pages don't pay for the order of all experiments.
 */
import type { FastifyInstance } from "fastify";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { OVERVIEW_ARGUMENTS, parseOverviewQuery, readOverview } from "../../service/report/overview.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { queryFields } from "../http/form.ts";
import { experimentUrl, listPath } from "../http/urls.ts";
import { listUrl } from "../views/pages/list/view.ts";

/** Which way along the list. */
const STEPS = { next: 1, previous: -1 } as const;

export function addNeighbours(app: FastifyInstance, context: ServiceContext): void {
  for (const [path, step] of Object.entries(STEPS)) {
    addRoute(app, `/experiments/:name/${path}`, {
      GET: async (request, reply) => {
        const { name } = await findExperiment(context, nameOf(request));
        const query = parseOverviewQuery("all", queryFields(request, OVERVIEW_ARGUMENTS));
        const { names } = await readOverview(context, query);
        const at = names.indexOf(name);
        // One that is in the list no more has the whole list after it, and before it.
        const neighbour = at === -1 ? names.at(step === 1 ? 0 : -1) : names[at + step];
        // The list ends.
        const list = () => listUrl(listPath(query.status), query, "table", {});
        return reply.redirect(neighbour === undefined ? list() : experimentUrl(neighbour, query.kpi ?? undefined));
      },
    });
  }
}
