/**
 * What programs do on the dashboard beside acts on one experiment, as `/openapi.json` says it: what is read as JSON or a
 * file, and what is posted. A test asks the server for every route: one that is in neither list and no act must be a page.
 */
import { type TObject, Type } from "typebox";
import type { Role } from "../../domain/role.ts";
import { DECLARATION_BODY } from "../../service/administer/declaration-fields.ts";
import { SEVERAL_ACTS, SEVERAL_MAX } from "../../service/administer/several.ts";
import { VIEW_NAME_LENGTH_MAX } from "../../service/report/saved-views.ts";
import { SHARE_DAYS_DEFAULT, SHARE_DAYS_MAX } from "../../service/share-links.ts";
import type { Access } from "../http/identity.ts";

const OK = Type.Literal("ok");

export interface Reading {
  readonly summary: string;
  readonly access: Access;
  /** Arguments of the query, with what they are for. */
  readonly query?: Readonly<Record<string, string>>;
  /** Those of them that must be given. */
  readonly needs?: readonly string[];
  /** Of the answer. */
  readonly content: string;
}

export const JSON_TYPE = "application/json";
const LIST_QUERY = {
  status: "`active` (left out), `paused`, `archived` or `all`",
  q: "words in the name, description, owner, tags or hypothesis",
  owner: "compared whole",
  tag: "compared whole",
  sort: "`name`, `newest`, `activity` or `participants`",
  page: "from 1, 50 a page; left out, all",
};
const SVG = "image/svg+xml";
const EXPERIMENT_QUERY = { kpi: "left out: the default KPI", from: "first day", to: "last day" };
const LOG_QUERY = {
  experiment: "whole, or a part of names",
  actor: "whole, or a part of names",
  action: "a word of the log",
};

/** By path. */
export const READINGS: Readonly<Record<string, Reading>> = {
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
  "/experiments/{name}/chart.svg": {
    summary: "The chart of its page",
    access: "viewer",
    query: EXPERIMENT_QUERY,
    content: SVG,
  },
  "/experiments/{name}/readout.md": { summary: "The readout, to paste", access: "viewer", content: "text/markdown" },
  "/experiments/{name}/readout.svg": { summary: "The readout as a picture", access: "viewer", content: SVG },
  "/experiments/{name}/calibration": {
    summary: "What its own traffic says of our claims: `status`, and when it is `done` the figures",
    access: "viewer",
    content: JSON_TYPE,
  },
  "/experiments/{name}/links": {
    summary: "Share links: `links`, each as making one answers it",
    access: "editor",
    content: JSON_TYPE,
  },
  "/shared/{token}/readout.md": {
    summary: "The readout behind a share link",
    access: "public",
    content: "text/markdown",
  },
  "/shared/{token}/readout.svg": { summary: "The same as a picture", access: "public", content: SVG },
  "/experiments/{name}/export.csv": {
    summary: "Everything counted, as a table",
    access: "viewer",
    query: {
      table: "counts or results: what was counted, or what the figures say",
      segment: "a declared dimension: a row for each of its values, of all days",
      baseline: "an alternative, of results",
      from: "first day",
      to: "last day",
    },
    content: "text/csv",
  },
  "/activity.json": { summary: "Who changed what", access: "viewer", query: LOG_QUERY, content: JSON_TYPE },
  "/activity.csv": { summary: "Who changed what, as a table", access: "viewer", query: LOG_QUERY, content: "text/csv" },
  "/experiments/{name}/clients.csv": { summary: "A row for each client", access: "admin", content: "text/csv" },
  "/clients.json": {
    summary: "One client in every experiment: what it gets, and why; noted in the activity log",
    access: "editor",
    query: {
      client_id: "the client",
      experiment: "one that may have no record of it",
      force: "an alternative that a supposed call forces",
      user_agent: "of a supposed call",
      ip_address: "of a supposed call",
    },
    needs: ["client_id"],
    content: JSON_TYPE,
  },
  "/events": {
    summary: "A `stamp` that differs after a change; with `Accept: text/event-stream` an event `changed` for each",
    access: "viewer",
    query: { watch: "`list`, or `experiment:` and a name" },
    needs: ["watch"],
    content: JSON_TYPE,
  },
  "/feed.atom": {
    summary: "What the server noticed and what people did, as an Atom feed",
    access: "public",
    query: { token: "`feed_token` of the configuration", experiment: "left out, all" },
    needs: ["token"],
    content: "application/atom+xml",
  },
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

export interface Posting {
  readonly summary: string;
  readonly role: Role;
  readonly body: TObject;
  /** Left out: that of an act. */
  readonly answer?: object;
}

const NAMES = Type.Array(Type.String());

/** Names an act on several experiments, to take it back. */
const LOT = { at_ms: Type.Integer(), actor: Type.String() };
const SEVERAL_DONE = Type.Object({
  status: OK,
  done: Type.Array(Type.String(), { description: "Those that changed" }),
  refused: Type.Array(Type.Object({ name: Type.String(), reason: Type.String() })),
  entry: Type.Object(LOT),
});
const VIEW_NAME = Type.String({ minLength: 1, maxLength: VIEW_NAME_LENGTH_MAX });
const VIEW_DONE = Type.Object({ status: OK, url: Type.String() });
const MESSAGE_DONE = Type.Object({ status: OK, id: Type.String({ description: "`webhook-id` of the message" }) });
const LINK = Type.Object({
  id: Type.String(),
  url: Type.String({ format: "uri" }),
  actor: Type.String(),
  created_at: Type.String({ format: "date-time" }),
  expires_at: Type.String({ format: "date-time" }),
});

/** What is posted and is no act on one experiment. */
export const POSTINGS: Readonly<Record<string, Posting>> = {
  "/several": {
    summary: "Do one act to several experiments",
    role: "editor",
    body: Type.Object({
      name: Type.Array(Type.String(), { minItems: 1, maxItems: SEVERAL_MAX }),
      do: Type.Enum([...SEVERAL_ACTS]),
      tag: Type.Optional(Type.String({ description: "With `tag` and `untag`" })),
    }),
    answer: SEVERAL_DONE,
  },
  "/several/undo": {
    summary: "Take all of that back, but where somebody changed the same thing since",
    role: "editor",
    body: Type.Object(LOT),
    answer: SEVERAL_DONE,
  },
  "/views": {
    summary: "Save a list under a name for everybody",
    role: "editor",
    body: Type.Object({ name: VIEW_NAME, url: Type.String({ description: "Path of a list, with its query" }) }),
    answer: VIEW_DONE,
  },
  "/views/remove": {
    summary: "Take a saved list away",
    role: "editor",
    body: Type.Object({ name: VIEW_NAME }),
    answer: VIEW_DONE,
  },
  "/alerts/test": {
    summary: "Send a message to try a webhook, within five seconds",
    role: "editor",
    body: Type.Object({ webhook: Type.String({ description: "Its id, as the form on `/alerts` has it" }) }),
    answer: MESSAGE_DONE,
  },
  "/alerts/retry": {
    summary: "Send a message that was not taken once more, within five seconds",
    role: "editor",
    body: Type.Object({ id: Type.String({ description: "`webhook-id` of the message" }), webhook: Type.String() }),
    answer: MESSAGE_DONE,
  },
  "/experiments/{name}/links": {
    summary: "Make a link by which people without a login read the experiment",
    role: "editor",
    body: Type.Object({
      days: Type.Optional(Type.Integer({ minimum: 1, maximum: SHARE_DAYS_MAX, default: SHARE_DAYS_DEFAULT })),
    }),
    answer: Type.Object({ status: OK, link: LINK }),
  },
  "/experiments/{name}/links/revoke": {
    summary: "Take a link back",
    role: "editor",
    body: Type.Object({ id: Type.String() }),
    answer: Type.Object({ status: OK }),
  },
  "/experiments/{name}/calibration": {
    summary: "Begin a calibration; reading the same path tells when it is done",
    role: "viewer",
    body: Type.Object({}),
    answer: Type.Object({ name: Type.String(), status: Type.String() }, { additionalProperties: true }),
  },
  "/mcp": {
    summary: "The tools for agents, by the Model Context Protocol; `Accept` must have `text/event-stream`, too",
    role: "viewer",
    body: Type.Object(
      { jsonrpc: Type.Literal("2.0"), method: Type.String() },
      { additionalProperties: true, description: "A message of JSON-RPC" },
    ),
    answer: Type.Object({}, { additionalProperties: true }),
  },
  "/experiments": {
    summary: "Declare an experiment before its first call",
    role: "editor",
    body: Type.Object(DECLARATION_BODY),
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
    answer: Type.Object({ status: OK, experiments: NAMES }),
  },
  "/experiments/{name}/compact": {
    summary: "Free the client records of an archived experiment",
    role: "admin",
    body: Type.Object({}),
    answer: Type.Object({
      status: OK,
      name: Type.String(),
      clients: Type.Integer(),
      bytes: Type.Integer(),
    }),
  },
};
