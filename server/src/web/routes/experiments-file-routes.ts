/** Experiments as a file: the schema for editors, the file itself, and applying one. `sixpack apply` speaks to these. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { flagField, formList } from "../../service/administer/fields.ts";
import { applyFile, pruneFile } from "../../service/as-code/apply-file.ts";
import { checkExperimentsFile, EXPERIMENTS_SCHEMA, storedYaml } from "../../service/as-code/experiments-file.ts";
import type { ServiceContext } from "../../service/context.ts";
import { addRoute } from "../http/add-route.ts";
import { queryList } from "../http/form.ts";
import { actorOf } from "../http/identity.ts";
import { SCHEMA_PATH } from "../http/urls.ts";
import { APPLY_BODY_BYTES_MAX, type WebOptions, webUrlFor } from "../http/web-options.ts";

export function addAsCode(app: FastifyInstance, context: ServiceContext, options: WebOptions): void {
  addRoute(app, SCHEMA_PATH, {
    access: "public",
    GET: async (_request, reply) => reply.type("application/schema+json").send(JSON.stringify(EXPERIMENTS_SCHEMA)),
  });
  addRoute(app, "/experiments.yml", {
    GET: (request, reply) => sendFile(context, request, reply, `${webUrlFor(request, options)}${SCHEMA_PATH}`),
  });
  addRoute(app, "/apply", {
    access: "editor",
    bodyBytesMax: APPLY_BODY_BYTES_MAX,
    POST: (request, reply) => apply(context, request, reply),
  });
}

async function sendFile(context: ServiceContext, request: FastifyRequest, reply: FastifyReply, schemaUrl: string) {
  const names = queryList(request.query, "experiment");
  return reply.type("application/yaml; charset=utf-8").send(await storedYaml(context.store, names, schemaUrl));
}

/** `experiments` as a file has them; `keep` instead names all that stay, and archives what a repository managed before. */
async function apply(context: ServiceContext, request: FastifyRequest, reply: FastifyReply) {
  const { body } = request;
  const actor = actorOf(request.identity);
  const { dry_run: _, keep, ...file } = (body ?? {}) as Readonly<Record<string, unknown>>;
  // As other flags: who writes "true" means it, and must not find everything changed.
  const dryRun = flagField(body, "dry_run") === true;
  const results =
    keep === undefined
      ? await applyFile(context, actor, checkExperimentsFile(file), dryRun)
      : await pruneFile(context, actor, new Set(formList(body, "keep")), dryRun);
  return reply.send({ results });
}
