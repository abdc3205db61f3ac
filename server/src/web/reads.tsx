/** What can be looked at: pages for people, and the same in Sixpack 2.7's JSON. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { VERSION } from "../config/version.ts";
import { ERRORS } from "../domain/errors.ts";
import { compatExperiment } from "../service/compat.ts";
import type { ServiceContext } from "../service/context.ts";
import { listExperiments, parseListQuery, type Status } from "../service/listing.ts";
import { parsePeriod, viewExperiment } from "../service/report.ts";
import { experimentJson } from "../service/report-json.ts";
import { nameOf } from "./actions.ts";
import { sendJson, sendPage } from "./answer.ts";
import type { Csrf } from "./csrf.ts";
import { queryField } from "./form.ts";
import { ExperimentPage } from "./pages/experiment.tsx";
import { ListPage } from "./pages/list.tsx";
import { addRoute } from "./routes.ts";
import { experimentUrl } from "./urls.ts";

const LISTS = { "/": "active", "/paused": "paused", "/archived": "archived", "/all": "all" } as const satisfies Record<
  string,
  Status
>;

const JSON_SUFFIX = ".json";

export function addReads(app: FastifyInstance, context: ServiceContext, csrf: Csrf): void {
  for (const [url, status] of Object.entries(LISTS)) {
    addRoute(app, url, { GET: (request, reply) => sendList(context, request, reply, status) });
  }
  addRoute(app, "/experiments.json", { GET: (request, reply) => sendListJson(context, request, reply) });
  addRoute(app, "/experiments/:name", {
    GET: async (request, reply) => {
      const name = nameOf(request);
      if (name.endsWith(JSON_SUFFIX)) {
        return sendExperimentJson(context, request, reply, name.slice(0, -JSON_SUFFIX.length));
      }
      return reply.redirect(experimentUrl(name), 308);
    },
  });
  addRoute(app, "/experiments/:name/", {
    GET: async (request, reply) => {
      const view = await viewExperiment(
        context,
        nameOf(request),
        queryField(request.query, "kpi"),
        parsePeriod(queryField(request.query, "period")),
      );
      return sendPage(reply, 200, <ExperimentPage view={view} csrfToken={csrf.token(request, reply)} />);
    },
  });
  addRoute(app, "/_status", { access: "public", GET: (request, reply) => sendStatus(context, request, reply) });
  addRoute(app, "/favicon.ico", {
    access: "public",
    GET: async (_request, reply) => reply.type("image/x-icon").send(""),
  });
}

async function sendList(
  context: ServiceContext,
  request: FastifyRequest,
  reply: FastifyReply,
  status: Status,
): Promise<FastifyReply> {
  const query = parseListQuery({ ...listArguments(request), status, page: queryField(request.query, "page") ?? "1" });
  const listing = await listExperiments(context, query, "day");
  return sendPage(reply, 200, <ListPage listing={listing} query={query} />);
}

/** Without arguments: every active experiment, as 2.7 answered. */
async function sendListJson(
  context: ServiceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const period = parsePeriod(queryField(request.query, "period"));
  const { rows, selected, pages, counts } = await listExperiments(
    context,
    parseListQuery(listArguments(request)),
    period,
  );
  return sendJson(request, reply, { experiments: rows.map(compatExperiment), selected, pages, counts });
}

function listArguments({ query }: FastifyRequest): Parameters<typeof parseListQuery>[0] {
  return {
    status: queryField(query, "status"),
    q: queryField(query, "q"),
    sort: queryField(query, "sort"),
    page: queryField(query, "page"),
  };
}

async function sendExperimentJson(
  context: ServiceContext,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
): Promise<FastifyReply> {
  const argument = (field: string) => queryField(request.query, field);
  const query = {
    kpi: argument("kpi"),
    period: argument("period"),
    baseline: argument("baseline"),
    from: argument("from"),
    to: argument("to"),
  };
  return sendJson(request, reply, await experimentJson(context, name, query));
}

/** 500 when the store doesn't answer, as 2.7 documented it; every other path says 503 then. */
async function sendStatus(
  { store }: ServiceContext,
  _request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply.header("cache-control", "no-store");
  try {
    await store.ping();
    return reply.send({ status: "ok", version: VERSION });
  } catch {
    const { message } = ERRORS["store-unavailable"];
    return reply.code(500).send({ status: "failed", message, code: "store-unavailable" });
  }
}
