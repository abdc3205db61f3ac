/** What programs read: Sixpack 2.7's JSON of the experiments, and the status. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { VERSION } from "../../config/version.ts";
import { ERRORS } from "../../domain/errors.ts";
import type { ServiceContext } from "../../service/context.ts";
import { inTurns } from "../../service/in-turns.ts";
import { type CompatExperiment, compatExperiment } from "../../service/report/json-2.7.ts";
import { parsePeriod } from "../../service/report/kpi-view.ts";
import { listExperiments, parseListQuery } from "../../service/report/listing.ts";
import { experimentJson } from "../../service/report/report-json.ts";
import { each } from "../../stats/steps.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { queryField, queryFields } from "../http/form.ts";
import { sendJson, sendJsonText } from "../http/send.ts";
import { experimentUrl } from "../http/urls.ts";
import { markdownHtml } from "../views/ui/markdown.tsx";

const JSON_SUFFIX = ".json";
const LIST_ARGUMENTS = ["status", "q", "owner", "tag", "sort", "page"] as const;
/** Experiments written in one turn of the event loop. */
const ROWS_PER_PIECE = 5;

export function addReads(app: FastifyInstance, context: ServiceContext): void {
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
  addRoute(app, "/_status", { access: "public", GET: (_request, reply) => sendStatus(context, reply) });
  addRoute(app, "/favicon.ico", {
    access: "public",
    GET: async (_request, reply) => reply.type("image/x-icon").send(""),
  });
}

/** Without arguments: every active experiment, as 2.7 answered. */
async function sendListJson(
  context: ServiceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const period = parsePeriod(queryField(request.query, "period"));
  const { rows, selected, pages, unreadable, counts } = await listExperiments(
    context,
    parseListQuery(queryFields(request, LIST_ARGUMENTS)),
    period,
  );
  const texts: string[] = [];
  await inTurns(each(rows, (row) => texts.push(JSON.stringify(prettified(compatExperiment(row)))), ROWS_PER_PIECE));
  const more = JSON.stringify({ selected, pages, counts, ...(unreadable.length === 0 ? {} : { unreadable }) }).slice(1);
  return sendJsonText(request, reply, `{"experiments":[${texts.join(",")}],${more}`);
}

async function sendExperimentJson(
  context: ServiceContext,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
): Promise<FastifyReply> {
  const query = queryFields(request, ["kpi", "period", "baseline", "from", "to", "segment"]);
  return sendJson(request, reply, prettified(await experimentJson(context, name, query)));
}

/** 2.7's `pretty_description`: the description as HTML, where there is one. HTML and pictures in it are shown as text. */
function prettified<Json extends CompatExperiment>(json: Json): Json & { readonly pretty_description?: string } {
  const { description } = json;
  return description === null ? json : { ...json, pretty_description: markdownHtml(description) };
}

/** 500 when the store doesn't answer, as 2.7 documented it; every other path says 503 then. */
async function sendStatus({ store }: ServiceContext, reply: FastifyReply): Promise<FastifyReply> {
  try {
    await store.ping();
    return reply.send({ status: "ok", version: VERSION });
  } catch {
    const { message } = ERRORS["store-unavailable"];
    return reply.code(500).send({ status: "failed", message, code: "store-unavailable" });
  }
}
