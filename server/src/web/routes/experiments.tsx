/** One experiment: its page, and the files that can be taken away from it. */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { oneOf } from "../../domain/names.ts";
import { isEmpty } from "../../lib/text.ts";
import { exportClients } from "../../service/administer/export-clients.ts";
import { isWhole, rangeOf, withinSteps } from "../../service/analysis/analysis.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { inTurns, piecesInTurns } from "../../service/in-turns.ts";
import { parseAnalysisQuery } from "../../service/report/report-json.ts";
import { resultsCsvPieces } from "../../service/report/results-csv.ts";
import { segmentCsvPieces } from "../../service/report/segment-csv.ts";
import { tidyCsvPieces } from "../../service/report/tidy-csv.ts";
import { judgedTallies } from "../../service/stored-tallies.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { queryFields } from "../http/form.ts";
import { actorOf } from "../http/identity.ts";
import { attach, sendFile, sendPage } from "../http/send.ts";
import { apiUrlFor, type WebOptions } from "../http/web-options.ts";
import { LineChart } from "../views/charts/line-chart.tsx";
import { chartOf } from "../views/charts/model.ts";
import { svgFile } from "../views/charts/svg-file.ts";
import {
  EXPERIMENT_ARGUMENTS,
  type ExperimentView,
  parseExperimentQuery,
  readExperimentView,
} from "../views/experiment-view.ts";
import { ExperimentPage } from "../views/pages/experiment/experiment-page.tsx";
import { summaryMarkdown } from "../views/summary-markdown.ts";
import { addReadout } from "./readout-routes.tsx";

export function addExperiments(app: FastifyInstance, context: ServiceContext, options: WebOptions): void {
  const viewOf = (request: FastifyRequest): Promise<ExperimentView> =>
    readExperimentView(context, nameOf(request), parseExperimentQuery(queryFields(request, EXPERIMENT_ARGUMENTS)));
  addRoute(app, "/experiments/:name/", {
    GET: async (request, reply) => {
      const view = await viewOf(request);
      return sendPage(reply, 200, <ExperimentPage view={view} apiUrl={apiUrlFor(request, options)} />);
    },
  });
  addRoute(app, "/experiments/:name/chart.svg", {
    GET: async (request, reply) => {
      const svg = svgFile(<LineChart model={chartOf(await viewOf(request))} size="wide" standalone />);
      return sendFile(reply, "image/svg+xml; charset=utf-8", svg);
    },
  });
  addRoute(app, "/experiments/:name/summary.md", {
    GET: async (request, reply) =>
      sendFile(reply, "text/markdown; charset=utf-8", summaryMarkdown(await viewOf(request))),
  });
  addReadout(app, {
    below: "/experiments/:name/",
    access: "viewer",
    viewOf: (request) => readExperimentView(context, nameOf(request), parseExperimentQuery({})),
  });
  addExports(app, context);
}

function addExports(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, "/experiments/:name/export.csv", {
    GET: async (request, reply) => {
      const experiment = await findExperiment(context, nameOf(request));
      const { segment, table, ...asked } = queryFields(request, ["segment", "table", "baseline", "from", "to"]);
      const options = parseAnalysisQuery(asked);
      if (oneOf("table", TABLES, table || "counts") === "results") {
        const pieces = resultsCsvPieces(await context.analyst.read(experiment, options));
        attach(reply, experiment.name, (name) => `${name}-results.csv`);
        return sendFile(reply, "text/csv; charset=utf-8", Readable.from(piecesInTurns(pieces)));
      }
      const range = rangeOf(options);
      if (!isEmpty(segment) && !isWhole(range)) {
        throw new SixpackError("invalid-form", "Expected `segment` of all days, got a range of days, too");
      }
      const tallies = await inTurns(withinSteps(await judgedTallies(context.store, experiment), range));
      const pieces = isEmpty(segment)
        ? tidyCsvPieces(experiment, tallies)
        : segmentCsvPieces(experiment, tallies, segment);
      attach(reply, experiment.name, (name) => (isEmpty(segment) ? `${name}.csv` : `${name}-${segment}.csv`));
      return sendFile(reply, "text/csv; charset=utf-8", Readable.from(piecesInTurns(pieces)));
    },
  });
  addRoute(app, "/experiments/:name/clients.csv", {
    // Ids may be personal data, and a row says what one client did.
    access: "admin",
    GET: async (request, reply) => {
      const type = "text/csv; charset=utf-8";
      if (request.method === "HEAD") {
        attachClients(reply, await findExperiment(context, nameOf(request)));
        return sendFile(reply, type, "");
      }
      const act = { name: nameOf(request), actor: actorOf(request.identity) };
      const { experiment, pieces } = await exportClients(context, act);
      attachClients(reply, experiment);
      const file = Readable.from(pieces);
      // The answer has begun already, so it can only be broken off and logged.
      file.on("error", (err) => request.log.error({ err }, "the file of clients broke off"));
      return sendFile(reply, type, file);
    },
  });
}

/** What `export.csv` can be of: what was counted, or what it says. */
const TABLES = ["counts", "results"] as const;

function attachClients(reply: FastifyReply, experiment: Experiment): void {
  attach(reply, experiment.name, (name) => `${name}-clients.csv`);
}
