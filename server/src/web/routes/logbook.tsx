/** Who did what, and what was taken away and can come back. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseActivityQuery, readActivityPage } from "../../service/administer/activity-query.ts";
import { listLost } from "../../service/administer/lost.ts";
import type { ServiceContext } from "../../service/context.ts";
import { addRoute } from "../http/add-route.ts";
import { queryField } from "../http/form.ts";
import { ACTIVITY_PATH, REMOVED_PATH } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { ActivityPage } from "../views/pages/activity-page.tsx";
import { RemovedPage } from "../views/pages/removed-page.tsx";

export function addLogbook(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, ACTIVITY_PATH, { GET: (request, reply) => sendActivity(context, request, reply) });
  addRoute(app, REMOVED_PATH, { GET: (_request, reply) => sendRemoved(context, reply) });
}

async function sendActivity(context: ServiceContext, { query }: FastifyRequest, reply: FastifyReply) {
  const selection = parseActivityQuery({
    experiment: queryField(query, "experiment"),
    actor: queryField(query, "actor"),
    page: queryField(query, "page"),
  });
  const page = await readActivityPage(context, selection);
  return sendScreen(reply, 200, { title: "Activity", content: <ActivityPage query={selection} page={page} /> });
}

async function sendRemoved(context: ServiceContext, reply: FastifyReply) {
  const [removed, live] = await Promise.all([listLost(context), context.store.definitions.list()]);
  const names = new Set<string>(live.map(({ name }) => name));
  const content = <RemovedPage removed={removed} live={names} />;
  return sendScreen(reply, 200, { title: "Removed experiments", content });
}
