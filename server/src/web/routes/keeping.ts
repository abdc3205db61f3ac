/** What operators do to what is kept, while the server runs: take it all away as a file, forget a client, free old records. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { VERSION } from "../../config/version.ts";
import { parseClientId } from "../../domain/names.ts";
import { compact } from "../../service/administer/compact.ts";
import { exportAll } from "../../service/administer/export-experiments.ts";
import { requiredField } from "../../service/administer/fields.ts";
import { forgetClient } from "../../service/administer/forget.ts";
import type { ServiceContext } from "../../service/context.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { queryList } from "../http/form.ts";
import { actorOf } from "../http/identity.ts";

const LINES = "application/jsonl; charset=utf-8";

export function addKeeping(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, "/export.jsonl", {
    access: "admin",
    GET: async (request, reply) => {
      reply.type(LINES);
      reply.header("content-disposition", 'attachment; filename="sixpack.jsonl"');
      if (request.method === "HEAD") return reply.send("");
      const names = queryList(request.query, "experiment");
      const lines = await exportAll(context, {
        names,
        version: VERSION,
        actor: actorOf(request.identity),
        onUnreadable: (what) => request.log.warn(what, "left out of an export, because it can't be read"),
      });
      const file = Readable.from(lines);
      // The answer has begun already, so it can only be broken off and logged; the file lacks its last line then.
      file.on("error", (err) => request.log.error({ err }, "the export broke off"));
      return reply.send(file);
    },
  });
  addRoute(app, "/forget", {
    access: "admin",
    POST: async (request, reply) => {
      const client = parseClientId(requiredField(request.body, "client_id"));
      const experiments = await forgetClient(context, client, actorOf(request.identity));
      return reply.send({ status: "ok", experiments });
    },
  });
  addRoute(app, "/experiments/:name/compact", {
    access: "admin",
    POST: async (request, reply) => {
      const target = { name: nameOf(request), actor: actorOf(request.identity) };
      const { experiment, clients, bytes } = await compact(context, target);
      return reply.send({ status: "ok", name: experiment.name, clients, bytes });
    },
  });
}
