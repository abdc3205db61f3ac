/**
 * The OpenAPI 3.1 description of what programs do on the dashboard, served at `/openapi.json`: what is read as JSON or a file,
 * and every act, with the fields of its record. Pages are for people and not in it.
 */
import type { FastifyInstance } from "fastify";
import { type TObject, Type } from "typebox";
import { VERSION } from "../../config/version.ts";
import type { Role } from "../../domain/role.ts";
import { ALL_ACTS } from "../../service/administer/acts/undo.ts";
import { DECLARATION_BODY } from "../../service/administer/declaration-fields.ts";
import { addRoute } from "../http/add-route.ts";
import type { Access } from "../http/identity.ts";

interface Reading {
  readonly summary: string;
  readonly access: Access;
  /** Arguments of the query, with what they are for. */
  readonly query?: Readonly<Record<string, string>>;
  /** Of the answer. */
  readonly content: string;
}

const JSON_TYPE = "application/json";
const LIST_QUERY = {
  status: "`active` (left out), `paused`, `archived` or `all`",
  q: "words in the name, description, owner, tags or hypothesis",
  owner: "compared whole",
  tag: "compared whole",
  sort: "`name`, `newest`, `activity` or `participants`",
  page: "from 1, 50 a page; left out, all",
};
const EXPERIMENT_QUERY = { kpi: "left out: the default KPI", from: "first day", to: "last day" };
const LOG_QUERY = {
  experiment: "whole, or a part of names",
  actor: "whole, or a part of names",
  action: "a word of the log",
};

/** By path. */
const READINGS: Readonly<Record<string, Reading>> = {
  "/_status": { summary: "Whether the store answers", access: "public", content: JSON_TYPE },
  "/openapi.json": { summary: "This description", access: "public", content: JSON_TYPE },
  "/schemas/experiments.json": {
    summary: "JSON Schema of experiments as a file",
    access: "public",
    content: "application/schema+json",
  },
  "/experiments.json": { summary: "Experiments", access: "viewer", query: LIST_QUERY, content: JSON_TYPE },
  "/experiments/{name}.json": {
    summary: "One experiment with its report",
    access: "viewer",
    query: {
      ...EXPERIMENT_QUERY,
      period: "`day`, `week`, `month` or `year`",
      baseline: "an alternative",
      segment: "of `segments` this declared dimension alone",
    },
    content: JSON_TYPE,
  },
  "/experiments/{name}/summary.md": {
    summary: "What its page says",
    access: "viewer",
    query: EXPERIMENT_QUERY,
    content: "text/markdown",
  },
  "/experiments/{name}/export.csv": {
    summary: "Everything counted, as a table",
    access: "viewer",
    query: {
      segment: "a declared dimension: a row for each of its values, of all days",
      from: "first day",
      to: "last day",
    },
    content: "text/csv",
  },
  "/activity.json": { summary: "Who changed what", access: "viewer", query: LOG_QUERY, content: JSON_TYPE },
  "/activity.csv": { summary: "Who changed what, as a table", access: "viewer", query: LOG_QUERY, content: "text/csv" },
  "/experiments/{name}/clients.csv": { summary: "A row for each client", access: "admin", content: "text/csv" },
  "/experiments.yml": {
    summary: "Experiments as a file for `sixpack apply`",
    access: "viewer",
    query: { experiment: "may be repeated; left out, all" },
    content: "application/yaml",
  },
  "/export.jsonl": {
    summary: "Experiments with all their clients, for a backup",
    access: "admin",
    query: { experiment: "may be repeated; left out, all" },
    content: "application/jsonl",
  },
};

interface Posting {
  readonly summary: string;
  readonly role: Role;
  readonly body: TObject;
  readonly answer: object;
}

const NAMES = Type.Array(Type.String());

/** What is posted and is no act on one experiment. */
const POSTINGS: Readonly<Record<string, Posting>> = {
  "/experiments": {
    summary: "Declare an experiment before its first call",
    role: "editor",
    body: Type.Object(DECLARATION_BODY),
    answer: referenceTo("Done"),
  },
  "/apply": {
    summary: "Make experiments what a file says, or say what would change",
    role: "editor",
    body: Type.Object({
      experiments: Type.Optional(Type.Record(Type.String(), Type.Object({}, { additionalProperties: true }))),
      keep: Type.Optional(NAMES),
      dry_run: Type.Optional(Type.Boolean()),
    }),
    answer: Type.Object({ results: Type.Array(Type.Object({}, { additionalProperties: true })) }),
  },
  "/forget": {
    summary: "Remove a client from every experiment",
    role: "admin",
    body: Type.Object({ client_id: Type.String() }),
    answer: Type.Object({ status: Type.Literal("ok"), experiments: NAMES }),
  },
  "/experiments/{name}/compact": {
    summary: "Free the client records of an archived experiment",
    role: "admin",
    body: Type.Object({}),
    answer: Type.Object({
      status: Type.Literal("ok"),
      name: Type.String(),
      clients: Type.Integer(),
      bytes: Type.Integer(),
    }),
  },
};

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
    const posting = { summary: does, role, body: Type.Object(body), answer: referenceTo("Done") };
    const filled = `/experiments/{name}/${path.replaceAll(/<(\w+)>/g, "{$1}")}`;
    return [filled, { post: post(filled, posting) }] as const;
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "Sixpack dashboard",
      version: VERSION,
      description: "For programs: send `Accept: application/json`, and a token where the dashboard has a login.",
    },
    security: [{ token: [] }],
    paths: Object.fromEntries([
      ...Object.entries(READINGS).map(([path, reading]) => [path, { get: get(path, reading) }] as const),
      ...Object.entries(POSTINGS).map(([path, posting]) => [path, { post: post(path, posting) }] as const),
      ...acts,
    ]),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: SCHEMAS,
    },
  };
}

function get(path: string, { summary, access, query = {}, content }: Reading): object {
  const asked = Object.entries(query).map(([name, description]) => ({
    name,
    in: "query",
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

function post(path: string, { summary, role, body, answer }: Posting): object {
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
