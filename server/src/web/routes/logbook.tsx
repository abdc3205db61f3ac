/** Who did what, and what was taken away and can come back. */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  ACTIVITY_ARGUMENTS,
  ActivityPages,
  parseActivityQuery,
  readActivity,
} from "../../service/administer/activity-query.ts";
import { listLost } from "../../service/administer/lost.ts";
import type { ServiceContext } from "../../service/context.ts";
import { piecesInTurns } from "../../service/in-turns.ts";
import { activityCsvPieces, activityJsonPieces } from "../../service/report/activity-file.ts";
import type { Activity } from "../../store/activity.ts";
import { addRoute } from "../http/add-route.ts";
import { queryFields } from "../http/form.ts";
import { sendFile } from "../http/send.ts";
import { ACTIVITY_PATH, REMOVED_PATH } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { ActivityPage } from "../views/pages/activity-page.tsx";
import { RemovedPage } from "../views/pages/removed-page.tsx";

export function addLogbook(app: FastifyInstance, context: ServiceContext): void {
  const pages = new ActivityPages(context);
  addRoute(app, ACTIVITY_PATH, { GET: (request, reply) => sendActivity(pages, request, reply) });
  const fileOf = (type: string, piecesOf: (entries: readonly Activity[]) => Iterable<string>) => ({
    GET: async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const entries = await readActivity(context, queryOf(request));
      return sendFile(reply, type, Readable.from(piecesInTurns(piecesOf(entries))));
    },
  });
  addRoute(app, `${ACTIVITY_PATH}.csv`, fileOf("text/csv; charset=utf-8", activityCsvPieces));
  addRoute(app, `${ACTIVITY_PATH}.json`, fileOf("application/json; charset=utf-8", activityJsonPieces));
  addRoute(app, REMOVED_PATH, { GET: (_request, reply) => sendRemoved(context, reply) });
}

function queryOf(request: FastifyRequest) {
  return parseActivityQuery(queryFields(request, ACTIVITY_ARGUMENTS));
}

async function sendActivity(pages: ActivityPages, request: FastifyRequest, reply: FastifyReply) {
  const query = queryOf(request);
  const page = await pages.read(query);
  return sendScreen(reply, 200, { title: "Activity", content: <ActivityPage query={query} page={page} /> });
}

async function sendRemoved(context: ServiceContext, reply: FastifyReply) {
  const [removed, live] = await Promise.all([listLost(context), context.store.definitions.list()]);
  const names = new Set<string>(live.map(({ name }) => name));
  const content = <RemovedPage removed={removed} live={names} />;
  return sendScreen(reply, 200, { title: "Removed experiments", content });
}
