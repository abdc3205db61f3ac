/** One client in all experiments, as a page and as JSON: for editors, and noted in the log. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import { parseClientId } from "../../domain/names.ts";
import { isEmpty } from "../../lib/text.ts";
import { type Supposed, viewClient } from "../../service/client-view.ts";
import type { ServiceContext } from "../../service/context.ts";
import { clientJson } from "../../service/report/record-json.ts";
import { addRoute } from "../http/add-route.ts";
import { queryField } from "../http/form.ts";
import { actorOf } from "../http/identity.ts";
import { CLIENTS_PATH } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { ClientPage } from "../views/pages/client-page.tsx";

export function addClients(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, CLIENTS_PATH, { access: "editor", GET: (request, reply) => sendPage(context, request, reply) });
  addRoute(app, `${CLIENTS_PATH}.json`, {
    access: "editor",
    GET: (request, reply) => sendClient(context, request, reply),
  });
}

async function sendPage(context: ServiceContext, request: FastifyRequest, reply: FastifyReply) {
  const { client, supposed } = asked(request);
  const views = client === undefined ? undefined : await view(context, request, client, supposed);
  const content = <ClientPage client={client} supposed={supposed} views={views} />;
  return sendScreen(reply, 200, { title: "Why a client sees what it sees", content });
}

async function sendClient(context: ServiceContext, request: FastifyRequest, reply: FastifyReply) {
  const { client, supposed } = asked(request);
  if (client === undefined) throw new SixpackError("invalid-form", "Expected `client_id`, got none");
  const views = await view(context, request, client, supposed);
  return reply.send({ client_id: client, experiments: views.map(clientJson) });
}

function view(context: ServiceContext, { identity }: FastifyRequest, client: string, supposed: Supposed) {
  return viewClient(context, parseClientId(client), supposed, actorOf(identity));
}

function asked({ query }: FastifyRequest): { readonly client: string | undefined; readonly supposed: Supposed } {
  const given = (field: string) => {
    const text = queryField(query, field);
    return isEmpty(text) ? undefined : text;
  };
  const supposed = {
    experiment: given("experiment"),
    force: given("force"),
    userAgent: given("user_agent"),
    address: given("ip_address"),
  };
  return { client: given("client_id"), supposed };
}
