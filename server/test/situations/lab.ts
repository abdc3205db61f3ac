/**
 * API and dashboard over one store, with a clock that is moved by hand: situations are made by calls, and read from
 * JSON, pages and files, as a site would meet them.
 */
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect } from "vitest";
import { type Api, query, startApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { openApp } from "../web/support.ts";

/** Participants of an arm, and how many of them convert. */
export type Counts = readonly [participants: number, conversions: number];

interface Filling {
  /** In the order of the alternatives; the first so many participants of each convert. */
  readonly counts: Readonly<Record<string, Counts>>;
  /** Names the clients, so that a second filling brings others. */
  readonly crowd?: string;
  readonly kpi?: string;
  /** Of a participant's conversion, by its number; `undefined` sends none. */
  readonly value?: (arm: string, number: number) => number | undefined;
  /** Over how many days up to today participants are spread. @default 10 */
  readonly days?: number;
  /** Days between converting and joining; negative for conversions that come later, as they do. @default 0 */
  readonly lag?: number;
  /** Further arguments of `/participate`. */
  readonly more?: Readonly<Record<string, unknown>>;
}

interface Lab {
  readonly context: make.TestContext;
  /** Takes clients in, each in the alternative that the counts say, and converts. */
  readonly fill: (experiment: string, filling: Filling) => Promise<void>;
  readonly batch: (calls: readonly object[]) => Promise<void>;
  readonly plan: (experiment: string, alternatives: readonly string[], form: Form) => Promise<void>;
  /** Sends a form to the dashboard; the answer as JSON. */
  readonly act: (path: string, form?: Form) => Promise<{ readonly status: number; readonly json: unknown }>;
  /** What a program is answered that reads a path. */
  readonly read: (path: string) => Promise<{ readonly status: number; readonly json: unknown }>;
  readonly json: (experiment: string, query?: string) => Promise<unknown>;
  /** `report` of the JSON. */
  readonly report: (experiment: string, query?: string) => Promise<unknown>;
  /** The verdict's sentence. */
  readonly sentence: (experiment: string) => Promise<string>;
  /** The words of a page, without markup. */
  readonly words: (path: string, part?: RegExp) => Promise<string>;
  readonly body: (path: string) => Promise<string>;
  /** What a form posted to this path answers, as text. */
  readonly post: (path: string) => Promise<string>;
  /** `YYYY-MM-DD`, so many days before today. */
  readonly ago: (days: number) => string;
}

export type Form = Readonly<Record<string, string | readonly string[]>>;

/** One lab for the tests of a file. */
export function sharedLab(): Lab {
  const context = make.context();
  let api: Api | undefined;
  let app: FastifyInstance | undefined;
  beforeAll(async () => {
    api = await startApi(context);
    app = openApp(context);
  });
  afterAll(async () => {
    expect(running(api).defects).toEqual([]);
    await running(app).close();
    await running(api).close();
  });
  const web = () => running(app);
  const body = async (path: string) => (await web().inject({ url: path, headers: { accept: "text/html" } })).body;
  const json = async (name: string, search = ""): Promise<unknown> =>
    (await web().inject(`/experiments/${name}.json${search}`)).json();
  const report = async (name: string, search = "") => fieldOf(await json(name, search), "report");
  const batch = async (calls: readonly object[]) => {
    for (let start = 0; start < calls.length; start += 100) {
      const reply = await running(api).post("/batch", { calls: calls.slice(start, start + 100) });
      expect(reply.status).toBe(200);
      expect(reply.text).not.toContain('"failed"');
    }
  };
  const ago = (days: number) => new Date(context.clock.nowMs() - days * DAY_MS).toISOString().slice(0, 10);
  const act = async (path: string, form: Form = {}) => {
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
    const payload = query(form);
    const reply = await web().inject({ method: "POST", url: `/experiments/${path}`, headers, payload });
    return { status: reply.statusCode, json: reply.json() as unknown };
  };
  return {
    context,
    batch,
    body,
    post: async (path) => (await web().inject({ method: "POST", url: path })).body,
    json,
    read: async (path) => {
      const reply = await web().inject(path);
      return { status: reply.statusCode, json: reply.json() as unknown };
    },
    report,
    act,
    ago,
    sentence: async (name) => String(fieldOf(fieldOf(await report(name), "verdict"), "sentence")),
    words: async (path, part = /<main.*<\/main>/s) => wordsOf(part.exec(await body(path))?.[0] ?? ""),
    plan: async (experiment, alternatives, form) => {
      // A call that takes nobody in makes the experiment, so that the plan is there before the first participant.
      await batch([{ participate: { experiment, alternatives, client_id: "nobody", prefetch: "yes" } }]);
      expect(await act(`${experiment}/plan`, form)).toMatchObject({ status: 200 });
    },
    fill: async (experiment, { counts, crowd = "", kpi, value, days = 10, lag = 0, more = {} }) => {
      const alternatives = Object.keys(counts);
      const calls: object[] = [];
      const converts: object[] = [];
      for (const [arm, [participants, conversions]] of Object.entries(counts)) {
        for (let number = 0; number < participants; number += 1) {
          const client = { experiment, client_id: `${crowd}${arm}${number}` };
          const joined = Math.max(days - 1 - (number % days), 0);
          const forced = { force: arm, record_force: "yes", datetime: ago(joined) };
          calls.push({ participate: { ...client, alternatives, ...forced, ...more } });
          if (number >= conversions) continue;
          const amount = value?.(arm, number);
          const named = { ...(kpi === undefined ? {} : { kpi }), ...(amount === undefined ? {} : { value: amount }) };
          converts.push({ convert: { ...client, datetime: ago(joined + lag), ...named } });
        }
      }
      await batch(calls);
      await batch(converts);
    },
  };
}

const DAY_MS = 86_400_000;

function running<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("Expected the lab only within tests, got a call before them");
  return part;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** What a tag parts from its comma, a reader sees as one. */
function wordsOf(html: string): string {
  return html
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ")
    .replaceAll(" ,", ",")
    .trim();
}
