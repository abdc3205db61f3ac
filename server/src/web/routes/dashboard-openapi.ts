/**
 * The OpenAPI 3.1 description of what programs do on the dashboard, served at `/openapi.json`: what is read as JSON or a file,
 * and every act, with the fields of its record. Pages are for people and not in it.
 */
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { VERSION } from "../../config/version.ts";
import { ALL_ACTS } from "../../service/administer/acts/undo.ts";
import { addRoute } from "../http/add-route.ts";
import type { Access } from "../http/identity.ts";
import { JSON_TYPE, POSTINGS, type Posting, READINGS, type Reading } from "./dashboard-operations.ts";

/** The answer of an act, and the refusal of anything. */
const SCHEMAS = {
  Done: Type.Object({
    status: Type.Literal("ok"),
    name: Type.String(),
    text: Type.String({ description: "What the page says afterwards" }),
    definition: Type.Union([Type.Null(), Type.Object({}, { additionalProperties: true })]),
    entry: Type.Union([Type.Null(), Type.Object({ at_ms: Type.Number(), action: Type.String() })], {
      description: "In the activity log; `null` where nothing was left to do",
    }),
  }),
  Refusal: Type.Object({
    status: Type.Literal("failed"),
    message: Type.String(),
    code: Type.String(),
    detail: Type.Optional(Type.String()),
  }),
};

export function addOpenApi(app: FastifyInstance): void {
  addRoute(app, "/openapi.json", { access: "public", GET: async (_request, reply) => reply.send(dashboardOpenApi()) });
}

/** Built on request, because it is rarely asked for. */
function dashboardOpenApi(): object {
  const acts = ALL_ACTS.map(({ path, role, body, does }) => {
    const filled = `/experiments/{name}/${path.replaceAll(/<(\w+)>/g, "{$1}")}`;
    return [filled, { summary: does, role, body: Type.Object(body) }] as const;
  });
  const postings: Readonly<Record<string, Posting>> = { ...POSTINGS, ...Object.fromEntries(acts) };
  const paths = [...new Set([...Object.keys(READINGS), ...Object.keys(postings)])];
  return {
    openapi: "3.1.0",
    info: {
      title: "Sixpack dashboard",
      version: VERSION,
      description: "For programs: send `Accept: application/json`, and a token where the dashboard has a login.",
    },
    security: [{ token: [] }],
    paths: Object.fromEntries(paths.map((path) => [path, operations(path, READINGS[path], postings[path])])),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: SCHEMAS,
    },
  };
}

function operations(path: string, reading: Reading | undefined, posting: Posting | undefined): object {
  return {
    ...(reading === undefined ? {} : { get: get(path, reading) }),
    ...(posting === undefined ? {} : { post: post(path, posting) }),
  };
}

function get(path: string, { summary, access, query = {}, needs = [], content }: Reading): object {
  const asked = Object.entries(query).map(([name, description]) => ({
    name,
    in: "query",
    ...(needs.includes(name) ? { required: true } : {}),
    description,
    schema: { type: "string" },
  }));
  return {
    summary,
    ...security(access),
    parameters: [...placesIn(path), ...asked],
    responses: { 200: { description: summary, content: { [content]: {} } }, ...refusals() },
  };
}

function post(path: string, { summary, role, body, answer = referenceTo("Done") }: Posting): object {
  return {
    summary,
    ...security(role),
    parameters: placesIn(path),
    requestBody: { required: (body.required ?? []).length > 0, content: { [JSON_TYPE]: { schema: body } } },
    responses: { 200: { description: "Done", content: { [JSON_TYPE]: { schema: answer } } }, ...refusals() },
  };
}

function security(access: Access): object {
  return access === "public" ? { security: [] } : { "x-role": access };
}

function placesIn(path: string): readonly object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function refusals(): object {
  const refused = { description: "Refused", content: { [JSON_TYPE]: { schema: referenceTo("Refusal") } } };
  return { "4XX": refused, "5XX": refused };
}

function referenceTo(name: keyof typeof SCHEMAS): object {
  return { $ref: `#/components/schemas/${name}` };
}
