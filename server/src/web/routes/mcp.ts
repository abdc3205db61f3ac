/** `POST /mcp`: streamable HTTP without sessions. Each call makes a server of its own, which knows who asks and forgets it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import type { ServiceContext } from "../../service/context.ts";
import { addRoute } from "../http/add-route.ts";
import { actorOf, roleOf } from "../http/identity.ts";
import { MCP_PATH } from "../http/urls.ts";
import type { WebOptions } from "../http/web-options.ts";

export function addMcp(app: FastifyInstance, context: ServiceContext, options: WebOptions): void {
  addRoute(app, MCP_PATH, {
    access: "viewer",
    POST: (request, reply) => answer(context, options, request, reply),
  });
}

async function answer(
  service: ServiceContext,
  { secretKey }: WebOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { identity, body } = request;
  if (identity === null) throw new Error("Expected somebody who was let in");
  // The protocol has none since June 2025. In a list one message may call off another, whose answer then never comes.
  if (Array.isArray(body)) throw new SixpackError("invalid-body", "Expected one message, got a list of them");
  const [{ createMcpServer }, { WebStandardStreamableHTTPServerTransport }] = await Promise.all([
    import("../mcp/mcp-server.ts"),
    import("@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"),
  ]);
  const caller = { role: roleOf(identity), actor: actorOf(identity) };
  const onDefect = (error: unknown) => request.log.error(error);
  const server = createMcpServer({ service, caller, secretKey, onDefect });
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  try {
    await server.connect(transport);
    const response = await transport.handleRequest(webRequest(request), { parsedBody: body });
    reply.code(response.status);
    response.headers.forEach((value, name) => {
      reply.header(name, value);
    });
    return await reply.send(await response.text());
  } finally {
    await server.close();
  }
}

/** Its body was read and parsed before. */
function webRequest({ headers, method }: FastifyRequest): Request {
  const names = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" ? [[name, value]] : [],
  );
  return new Request(`http://localhost${MCP_PATH}`, { method, headers: names });
}
