/** The page of one experiment. */
import type { FastifyInstance } from "fastify";
import type { ServiceContext } from "../service/context.ts";
import { sendPage } from "./answer.ts";
import { apiUrlFor, queryFields } from "./arguments.ts";
import { EXPERIMENT_ARGUMENTS, parseExperimentQuery, readExperimentView } from "./experiment-view.ts";
import type { WebOptions } from "./options.ts";
import { ExperimentPage } from "./pages/experiment/page.tsx";
import { addRoute, nameOf } from "./routes.ts";

export function addExperiments(app: FastifyInstance, context: ServiceContext, options: WebOptions): void {
  addRoute(app, "/experiments/:name/", {
    GET: async (request, reply) => {
      const query = parseExperimentQuery(queryFields(request, EXPERIMENT_ARGUMENTS));
      const view = await readExperimentView(context, nameOf(request), query);
      return sendPage(reply, 200, <ExperimentPage view={view} apiUrl={apiUrlFor(request, options)} />);
    },
  });
}
