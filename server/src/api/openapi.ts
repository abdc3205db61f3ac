/** The OpenAPI 3.1 description of the API server, served at `/openapi.json`. */
import { VERSION } from "../config/version.ts";
import { NAME_LENGTH_MAX } from "../domain/names.ts";
import { ANSWER_REASONS } from "../service/participate.ts";
import type { Route } from "./paths.ts";
import { refusalStatuses } from "./refusals.ts";

type Parameter = {
  readonly name: string;
  readonly required?: boolean;
  readonly description: string;
  readonly schema: object;
};

const TEXT = { type: "string" };
/** As in `domain/names.ts`: lengths in JSON Schema are code points, as here. */
const NAME = {
  type: "string",
  minLength: 1,
  maxLength: NAME_LENGTH_MAX,
  pattern: "^(?!\\.{1,2}$)[^\\u0000-\\u001f\\u007f-\\u009f]*$",
};
const BOOLEAN = { type: "string", enum: ["true", "y", "yes", "false"] };

const VISITOR: readonly Parameter[] = [
  { name: "user_agent", description: "User agent of the visitor; robots are answered and never counted", schema: TEXT },
  {
    name: "ip_address",
    description: "Address of the visitor; ignored ones are answered and never counted",
    schema: TEXT,
  },
  {
    name: "datetime",
    description: "ISO 8601 date or date and time to count the event on; today when left out",
    schema: TEXT,
  },
  {
    name: "callback",
    description: "Name of a function for JSONP",
    schema: { type: "string", pattern: "^\\w[\\w'\\-.]*$" },
  },
];

const EXPERIMENT: Parameter = {
  name: "experiment",
  required: true,
  description: "Name of the experiment",
  schema: NAME,
};
const CLIENT: Parameter = {
  name: "client_id",
  required: true,
  description: "Identity of the client, chosen by the caller",
  schema: TEXT,
};

const PARTICIPATE: readonly Parameter[] = [
  EXPERIMENT,
  {
    name: "alternatives",
    required: true,
    description: "Two or more names; the first is the control",
    schema: { type: "array", items: TEXT, minItems: 2 },
  },
  CLIENT,
  { name: "force", description: "Answer this alternative, without recording", schema: TEXT },
  { name: "record_force", description: "Record a forced alternative for a client that has none", schema: BOOLEAN },
  { name: "prefetch", description: "Answer without recording", schema: BOOLEAN },
  {
    name: "traffic_fraction",
    description: "Share of clients taken in",
    schema: { type: "number", exclusiveMinimum: 0, maximum: 1 },
  },
  {
    name: "traffic_dist",
    description: "The same in whole percent, as in Sixpack 1.0",
    schema: { type: "integer", minimum: 1, maximum: 100 },
  },
  {
    name: "weights",
    description: "One number per alternative, for a new experiment",
    schema: { type: "array", items: { type: "number", minimum: 0 } },
  },
  ...VISITOR,
];

const CONVERT: readonly Parameter[] = [
  {
    name: "experiment",
    required: false,
    description: "Name of the experiment; left out, with `kpi`, every experiment that the client takes part in",
    schema: NAME,
  },
  CLIENT,
  {
    name: "kpi",
    description: "Name of the KPI; the default one when left out. Required without `experiment`",
    schema: TEXT,
  },
  { name: "value", description: "Value of the conversion", schema: { type: "number" } },
  {
    name: "id",
    description: "Identity of the event: one id counts once within a day, however often it is sent",
    schema: TEXT,
  },
  ...VISITOR,
];

const OFREP_CONTEXT = {
  type: "object",
  required: ["context"],
  properties: { context: { type: "object", required: ["targetingKey"], properties: { targetingKey: TEXT } } },
};

const NAMED = { type: "object", required: ["name"], properties: { name: TEXT } };

const PARTICIPATION = {
  type: "object",
  required: ["status", "alternative", "experiment", "client_id", "reason"],
  properties: {
    status: { const: "ok" },
    alternative: NAMED,
    experiment: NAMED,
    client_id: TEXT,
    reason: { enum: ANSWER_REASONS, description: "Why the client sees this alternative" },
  },
};

const UNCHANGED = { description: "As the caller has it" };
const REFUSED = { $ref: "#/components/responses/Refused" };

const COMPONENTS = {
  responses: {
    Refused: {
      description: "Refused; after 429 and 503 `Retry-After` says in how many seconds to try again",
      content: {
        "application/json": {
          schema: {
            type: "object",
            required: ["status", "message"],
            properties: { status: { const: "failed" }, message: TEXT, code: TEXT, detail: TEXT },
          },
        },
      },
    },
  },
};

/** Built on request: it is asked for rarely, and the version stands in it. */
export function openApi(): object {
  return {
    openapi: "3.1.0",
    info: { title: "Sixpack", version: VERSION, license: { name: "BSD-2-Clause", identifier: "BSD-2-Clause" } },
    components: COMPONENTS,
    paths: {
      "/participate": operations("participate", "Take part in an experiment", PARTICIPATE, PARTICIPATION),
      "/convert": operations("convert", "Report that a participant reached a KPI", CONVERT),
      "/batch": {
        post: {
          summary: "Up to 100 calls of /participate and /convert in one, answered in order",
          requestBody: { content: { "application/json": { schema: { type: "object", required: ["calls"] } } } },
          responses: responses("batch", "One answer per call, with its `http_status`"),
        },
      },
      "/ofrep/v1/evaluate/flags": {
        post: {
          summary: "OpenFeature remote evaluation of every running experiment",
          requestBody: { content: { "application/json": { schema: OFREP_CONTEXT } } },
          responses: responses("flags", "Flags, with an ETag"),
        },
      },
      "/ofrep/v1/evaluate/flags/{key}": {
        post: {
          summary: "OpenFeature remote evaluation of one experiment",
          parameters: [{ name: "key", in: "path", required: true, schema: NAME }],
          requestBody: { content: { "application/json": { schema: OFREP_CONTEXT } } },
          responses: responses("flag", "The flag"),
        },
      },
      "/experiments/{name}": {
        get: {
          summary: "Slim details of an experiment",
          parameters: [{ name: "name", in: "path", required: true, schema: NAME }],
          responses: responses("details", "Details"),
        },
      },
      "/_status": { get: { summary: "Whether the store answers", responses: responses("status", "It does") } },
      "/healthz": { get: { summary: "Whether the process is up", responses: responses("healthz", "It is") } },
      "/readyz": {
        get: {
          summary: "Whether the store is up and the server not draining",
          responses: responses("readyz", "Ready"),
        },
      },
      "/metrics": {
        get: { summary: "Prometheus metrics", responses: responses("metrics", "Text exposition format") },
      },
      "/openapi.json": { get: { summary: "This description", responses: responses("openapi", "OpenAPI 3.1") } },
      "/": { get: { summary: "A greeting", responses: responses("greeting", "Text") } },
      "/favicon.ico": { get: { summary: "Empty", responses: responses("favicon", "Empty") } },
    },
  };
}

function operations(route: Route, summary: string, parameters: readonly Parameter[], answer?: object): object {
  const answers = responses(route, "The alternative of the client", answer);
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description }) => [name, { ...schema, description }]),
  );
  const required = parameters.filter((parameter) => parameter.required === true).map(({ name }) => name);
  const body = { schema: { type: "object", properties, required } };
  return {
    get: { summary, parameters: parameters.map((parameter) => ({ ...parameter, in: "query" })), responses: answers },
    post: {
      summary,
      requestBody: { content: { "application/json": body, "application/x-www-form-urlencoded": body } },
      responses: answers,
    },
  };
}

function responses(route: Route, description: string, schema?: object): object {
  const refusals = refusalStatuses(route).map((status) => [status, status === 304 ? UNCHANGED : REFUSED]);
  const answer = schema === undefined ? { description } : { description, content: { "application/json": { schema } } };
  return Object.fromEntries([[200, answer], ...refusals]);
}
