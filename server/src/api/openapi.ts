/**
 * The OpenAPI 3.1 description of the API server, served at `/openapi.json`: complete enough to generate a client from.
 * Arguments come from `arguments.ts`, refusals from `refusals.ts`, and the schema of an answer from where it is written.
 */
import { type TSchema, Type } from "typebox";
import { VERSION } from "../config/version.ts";
import { OK } from "./answer.ts";
import { argumentsOf, NAME, type Verb } from "./arguments.ts";
import { CONVERSION, CONVERSIONS, FILTERED } from "./conversion.ts";
import { DETAILS } from "./details.ts";
import { BATCH_CALLS_MAX } from "./limits.ts";
import { LINKS } from "./link-answer.ts";
import { EVALUATION_CONTEXT, EVALUATION_FAILURE, FLAG, FLAGS } from "./ofrep.ts";
import { PARTICIPATION } from "./participation.ts";
import { NAMED_ROUTES, ROUTES, type Route } from "./paths.ts";
import { refusalStatuses } from "./refusals.ts";
import { REFUSAL } from "./respond.ts";
import { TRACKING_EVENT } from "./tracking.ts";

interface Endpoint {
  readonly summary: string;
  /** What 200 says. */
  readonly answer: string;
  /** Schemas of its JSON, one of which applies; or the content type if it is no JSON. */
  readonly content: readonly SchemaName[] | string;
  /** Takes the arguments of this endpoint, by GET and POST. */
  readonly verb?: Verb;
  /** Takes this document, by POST alone. */
  readonly document?: TSchema;
}

/** The answer of a call, alone and inside a batch. */
const SINGLE = {
  Participation: PARTICIPATION,
  Conversion: CONVERSION,
  Conversions: CONVERSIONS,
  Filtered: FILTERED,
  Refusal: REFUSAL,
};

const SCHEMAS = {
  ...SINGLE,
  Links: LINKS,
  Batch: Type.Object({
    status: OK,
    answers: Type.Array(
      Type.Intersect([Type.Object({ http_status: Type.Integer() }), Type.Union(Object.keys(SINGLE).map(referenceTo))]),
    ),
  }),
  Flag: FLAG,
  Flags: FLAGS,
  EvaluationFailure: EVALUATION_FAILURE,
  Details: DETAILS,
  Health: Type.Object({ status: OK }),
  Status: Type.Object({ status: OK, version: Type.String() }),
  OpenApi: Type.Object({ openapi: Type.Literal("3.1.0") }, { additionalProperties: true }),
};
type SchemaName = keyof typeof SCHEMAS;

const PLAIN_TEXT = "text/plain; charset=utf-8";

const ENDPOINTS: Readonly<Record<Route, Endpoint>> = {
  participate: {
    summary: "Take part in an experiment",
    answer: "The alternative of the client",
    content: ["Participation"],
    verb: "participate",
  },
  convert: {
    summary: "Report that a participant reached a KPI",
    answer: "Counted, in one experiment or in all that the client takes part in; or a robot's, which is not",
    content: ["Conversion", "Conversions", "Filtered"],
    verb: "convert",
  },
  link: {
    summary: "Say that two ids are one person's, in one experiment or in all",
    answer: "The experiments that know them, with the alternative of both",
    content: ["Links"],
    verb: "link",
  },
  batch: {
    summary: `Up to ${BATCH_CALLS_MAX} calls of /participate and /convert in one, answered in order`,
    answer: "One answer per call, with its `http_status`",
    content: ["Batch"],
    document: Type.Object({
      calls: Type.Array(
        Type.Union([
          Type.Object({ participate: argumentsSchema("participate") }),
          Type.Object({ convert: argumentsSchema("convert") }),
        ]),
        { maxItems: BATCH_CALLS_MAX },
      ),
    }),
  },
  flags: {
    summary: "OpenFeature remote evaluation of every experiment that is not archived",
    answer: "Flags, with an ETag",
    content: ["Flags"],
    document: EVALUATION_CONTEXT,
  },
  flag: {
    summary: "OpenFeature remote evaluation of one experiment",
    answer: "The flag",
    content: ["Flag"],
    document: EVALUATION_CONTEXT,
  },
  track: {
    summary: "Experimental: report by an OpenFeature tracking event that a participant reached a KPI",
    answer: "Counted in all experiments that the client takes part in, which may be none; or a robot's, which is not",
    content: ["Conversions", "Filtered"],
    document: TRACKING_EVENT,
  },
  details: { summary: "Slim details of an experiment", answer: "Details", content: ["Details"] },
  status: { summary: "Whether the store answers", answer: "It does", content: ["Status"] },
  healthz: { summary: "Whether the process is up", answer: "It is", content: ["Health"] },
  readyz: { summary: "Whether the store is up and the server not draining", answer: "Ready", content: ["Health"] },
  metrics: { summary: "Prometheus metrics", answer: "Text exposition format", content: "text/plain" },
  openapi: { summary: "This description", answer: "OpenAPI 3.1", content: ["OpenApi"] },
  greeting: { summary: "A greeting", answer: "Text", content: PLAIN_TEXT },
  favicon: { summary: "Empty", answer: "Empty", content: "image/x-icon" },
};

/** Built on request, because it is rarely asked for. */
export function openApi(): object {
  const paths = [
    ...Object.entries(ROUTES).map(([path, route]) => [path, operations(route, [])] as const),
    ...Object.entries(NAMED_ROUTES).map(
      ([prefix, route]) =>
        [`${prefix}{name}`, operations(route, [{ name: "name", in: "path", required: true, schema: NAME }])] as const,
    ),
  ];
  return {
    openapi: "3.1.0",
    info: { title: "Sixpack", version: VERSION, license: { name: "BSD-2-Clause", identifier: "BSD-2-Clause" } },
    paths: Object.fromEntries(paths),
    components: { schemas: SCHEMAS },
  };
}

function operations(route: Route, path: readonly object[]): object {
  const { summary, verb, document } = ENDPOINTS[route];
  const common = { summary, responses: responses(route) };
  if (document !== undefined) {
    const requestBody = { required: true, content: { "application/json": { schema: document } } };
    return { post: { operationId: route, ...common, parameters: path, requestBody } };
  }
  if (verb === undefined) return { get: { operationId: route, ...common, parameters: path } };
  const body = { schema: argumentsSchema(verb) };
  const content = { "application/json": body, "application/x-www-form-urlencoded": body };
  const query = argumentsOf(verb).map(([name, { schema, meaning, required }]) => {
    return { name, in: "query", required: required === verb || required === "any", description: meaning, schema };
  });
  return {
    get: { operationId: route, ...common, parameters: query },
    post: { operationId: `${route}ByPost`, ...common, requestBody: { required: true, content } },
  };
}

function argumentsSchema(verb: Verb): TSchema {
  const properties = argumentsOf(verb).map(([name, { schema, meaning, required }]): [string, TSchema] => {
    const described = { ...schema, description: meaning };
    return [name, required === verb || required === "any" ? described : Type.Optional(described)];
  });
  return Type.Object(Object.fromEntries(properties));
}

function responses(route: Route): object {
  const { answer, content } = ENDPOINTS[route];
  const ok =
    typeof content === "string"
      ? { description: answer, content: { [content]: { schema: { type: "string" } } } }
      : { description: answer, content: json(content) };
  const others = refusalStatuses(route).map((status): [number, object] => {
    if (status === 304) return [status, { description: "As the caller has it" }];
    return [status, { description: refusalText(status), content: json(refusalsOf(route, status)) }];
  });
  return Object.fromEntries([[200, ok], ...others]);
}

function refusalsOf(route: Route, status: number): readonly SchemaName[] {
  const evaluates = route === "flag" || route === "flags" || route === "track";
  if (evaluates && status === 400) return ["EvaluationFailure", "Refusal"];
  return evaluates && status === 404 ? ["EvaluationFailure"] : ["Refusal"];
}

function refusalText(status: number): string {
  const waits = status === 429 || status === 503;
  return waits ? "Refused; `Retry-After` says in how many seconds to try again" : "Refused";
}

function json(names: readonly SchemaName[]): object {
  const [first, ...others] = names.map(referenceTo);
  return { "application/json": { schema: others.length === 0 ? first : { anyOf: [first, ...others] } } };
}

function referenceTo(name: string): TSchema {
  return Type.Ref(`#/components/schemas/${name}`);
}
