/** The timeline: which experiments ran when. */
import type { FastifyInstance } from "fastify";
import { oneOf } from "../../domain/names.ts";
import type { ServiceContext } from "../../service/context.ts";
import { readTimeline } from "../../service/report/run-spans.ts";
import { STATUSES } from "../../service/report/selection.ts";
import { addRoute } from "../http/add-route.ts";
import { queryFields } from "../http/form.ts";
import { TIMELINE_PATH } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { TimelinePage } from "../views/pages/list/timeline-page.tsx";

export function addTimeline(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, TIMELINE_PATH, {
    GET: async (request, reply) => {
      const { q, status, owner, tag, beside } = queryFields(request, ["q", "status", "owner", "tag", "beside"]);
      const query = {
        status: oneOf("status", STATUSES, status || "all"),
        ...{ text: q ?? "", owner: owner || null, tag: tag || null },
      };
      const timeline = await readTimeline(context, query, beside || null);
      const content = <TimelinePage timeline={timeline} query={query} beside={beside || null} />;
      return sendScreen(reply, 200, { title: "Timeline", content });
    },
  });
}
