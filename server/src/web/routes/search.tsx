/** One search for everything: a page, which scripts show as a palette over any other. */
import type { FastifyInstance } from "fastify";
import type { ServiceContext } from "../../service/context.ts";
import { find } from "../../service/report/find.ts";
import { listViews } from "../../service/report/saved-views.ts";
import { addRoute } from "../http/add-route.ts";
import { queryField } from "../http/form.ts";
import { SEARCH_PATH } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { SearchPage } from "../views/pages/search-page.tsx";

export function addSearch(app: FastifyInstance, { store }: ServiceContext): void {
  addRoute(app, SEARCH_PATH, {
    GET: async (request, reply) => {
      const text = queryField(request.query, "q") ?? "";
      const [all, views] = await Promise.all([store.definitions.list(), listViews(store)]);
      const on = all.find(({ name }) => name === queryField(request.query, "on"));
      const content = <SearchPage text={text} found={find(all, views, text)} on={on} />;
      return sendScreen(reply, 200, { title: "Search", content });
    },
  });
}
