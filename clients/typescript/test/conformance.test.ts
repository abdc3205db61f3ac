/** Replays conformance/clients.json; conformance/README.md says how. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  type SeenRequest,
  seenRequests,
  sharedMisbehavingServer,
  sharedRealServer,
} from "../../test/support/servers.ts";
import { participateAll } from "../src/batch.ts";
import { type Alternatives, type Failure, Session } from "../src/index.ts";
import { link } from "../src/link.ts";
import { ServerSession } from "../src/server.ts";

interface Expected {
  readonly returns?: string | boolean | Readonly<Record<string, string>>;
  readonly failures?: readonly string[];
  readonly throws?: true;
  readonly after_ms?: number;
}

type Step =
  | { readonly call: "wait"; readonly ms: number }
  | {
      readonly call: "participate";
      readonly experiment: string;
      readonly alternatives: Alternatives;
      readonly options?: Readonly<Record<string, never>>;
      readonly expect: Expected;
    }
  | {
      readonly call: "participate_all";
      readonly experiments: Readonly<Record<string, Alternatives>>;
      readonly options?: Readonly<Record<string, never>>;
      readonly expect: Expected;
    }
  | {
      readonly call: "link";
      readonly previous_id: string;
      readonly experiment?: string;
      readonly expect: Expected;
    }
  | {
      readonly call: "convert";
      readonly experiment: string;
      readonly kpi?: string;
      readonly value?: number;
      readonly expect: Expected;
    };

interface Case {
  readonly name: string;
  readonly server: string;
  readonly session: Readonly<Record<string, never>>;
  readonly steps: readonly Step[];
  readonly requests?: readonly SeenRequest[];
  readonly any_order?: true;
  readonly details?: Readonly<Record<string, unknown>> & { readonly experiment: string };
}

const { cases, base_urls: baseUrls } = JSON.parse(
  readFileSync(new URL("../../../conformance/clients.json", import.meta.url), "utf8"),
) as {
  readonly cases: readonly Case[];
  readonly base_urls: { readonly taken: readonly string[]; readonly refused: readonly string[] };
};

/** A port on which nothing listens: browsers and servers leave the discard port alone. */
const NOBODY = "http://127.0.0.1:9";

const misbehaving = sharedMisbehavingServer();
const real = sharedRealServer();

describe("the TypeScript client", () => {
  for (const [index, item] of cases.entries()) {
    test(item.name, () => replayCase(item, `typescript-${index}`));
  }

  test.each(baseUrls.taken)("takes the base URL %j", (url) => {
    new Session(url);
  });

  test.each(baseUrls.refused)("refuses the base URL %j, and shows no password", (url) => {
    const refusal = caught(() => new Session(url));
    expect(refusal).toBeInstanceOf(TypeError);
    expect(String(refusal)).not.toContain("secret");
  });
});

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

async function replayCase(item: Case, token: string): Promise<void> {
  const failures: Failure[] = [];
  const options = { ...camelCased(item.session), onFailure: (failure: Failure) => failures.push(failure) };
  const Kind = "api_key" in item.session ? ServerSession : Session;
  const session = new Kind(baseUrlOf(item.server, token), options);
  for (const step of item.steps) {
    if (step.call === "wait") await sleep(step.ms);
    else await replay(session, step, failures);
  }
  if (item.requests) {
    const seen = await seenRequests(misbehaving, token);
    if (item.any_order) expect(seen).toHaveLength(item.requests.length);
    expect(seen).toEqual(
      item.any_order ? expect.arrayContaining(item.requests.map(asSeen)) : item.requests.map(asSeen),
    );
    const ids = new Set(seen.flatMap((request) => request.arguments["id"] ?? []));
    const conversions = item.steps.filter((step) => step.call === "convert" && !step.expect.throws);
    expect(ids.size).toBe(conversions.length);
  }
  if (item.details) {
    const { experiment, ...fields } = item.details;
    expect(await (await fetch(`${real.url}/experiments/${encodeURIComponent(experiment)}`)).json()).toMatchObject(
      fields,
    );
  }
}

function baseUrlOf(server: string, token: string): string {
  if (server === "real") return real.url;
  return server === "nobody" ? NOBODY : `${misbehaving.url}/${server}/${token}`;
}

async function replay(session: Session, step: Exclude<Step, { call: "wait" }>, failures: Failure[]): Promise<void> {
  failures.length = 0;
  const startedMs = performance.now();
  const answer = callOf(session, step);
  const { returns, throws, after_ms = 0 } = step.expect;
  if (throws) {
    await expect(answer).rejects.toThrow(TypeError);
    return;
  }
  const returned = await answer;
  const elapsedMs = performance.now() - startedMs;
  if (returns !== undefined) expect(returned).toEqual(returns);
  if (step.expect.failures) expect(failures.map(({ code }) => code)).toEqual(step.expect.failures);
  const asked: readonly unknown[] =
    step.call === "participate_all" ? Object.keys(step.experiments) : [step.experiment ?? null];
  const kind = step.call === "participate_all" ? "participate" : step.call;
  expect(failures.every(({ call, experiment }) => call === kind && asked.includes(experiment))).toBe(true);
  expect(elapsedMs).toBeGreaterThanOrEqual(after_ms);
}

function callOf(session: Session, step: Exclude<Step, { call: "wait" }>): Promise<unknown> {
  switch (step.call) {
    case "participate":
      return session.participate(step.experiment, step.alternatives, camelCased(step.options ?? {}));
    case "participate_all":
      return participateAll(session, step.experiments, camelCased(step.options ?? {}));
    case "link":
      return link(session, step.previous_id, step.experiment);
    case "convert":
      return session.convert(step.experiment, step.kpi, step.value);
  }
}

/** The request as the server tells it: every argument a list, patterns for what can't be known. */
function asSeen({ method, path, arguments: args, body, authorization }: SeenRequest): unknown {
  const lists = Object.entries(args).map(([name, value]) => [name, [value].flat().map(asPattern)]);
  return { method, path, arguments: Object.fromEntries(lists), body, authorization };
}

function asPattern(value: string | { readonly matches: string }): unknown {
  return typeof value === "string" ? value : expect.stringMatching(new RegExp(value.matches));
}

function camelCased(settings: Readonly<Record<string, never>>): Record<string, never> {
  const entries = Object.entries(settings);
  return Object.fromEntries(
    entries.map(([name, value]) => [name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()), value]),
  );
}
