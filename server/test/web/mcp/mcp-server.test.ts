/** What all tools have in common: who may use them, what they say of themselves, and what is refused. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TOOLS } from "../../../src/web/mcp/mcp-server.ts";
import * as make from "../../support/make.ts";
import { GUARDED } from "../access/people.ts";
import { openApp } from "../support.ts";
import { TOKENS, useAgents } from "./agents.ts";

const SECRET = "IO error: /var/lib/sixpack/level/000007.ldb";

const agents = useAgents();

test("there are at most eight tools, whose words nobody who names an experiment can change", async () => {
  expect(TOOLS.length).toBeLessThanOrEqual(8);
  const listed = await agents.listed("admin");
  expect(listed?.tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
  expect(JSON.stringify(listed)).not.toMatch(/button|Ignore all/);
});

test("roles say who may use which tool", async () => {
  const reading = ["list_experiments", "get_verdict", "get_health", "get_segments", "plan_size"];
  const editing = [...reading, "explain_client", "propose_change", "confirm_change"];
  expect([await agents.toolNames("viewer"), await agents.toolNames("editor"), await agents.toolNames("admin")]).toEqual(
    [reading, editing, editing],
  );
  const pause = { experiment: "button", act: "pause", fields: { paused: true } };
  for (const [name, args] of [
    ["explain_client", { client_id: "x" }],
    ["propose_change", pause],
    ["confirm_change", { ...pause, code: "x" }],
  ] as const) {
    expect([name, await agents.call("viewer", name, args)]).toMatchObject([
      name,
      { isError: true, data: { refused: "forbidden" } },
    ]);
  }
  const drop = { experiment: "button", act: "kpis/drop", fields: { kpi: "x" } };
  expect((await agents.call("editor", "propose_change", drop)).data).toMatchObject({ refused: "forbidden" });
  const stranger = await fetch(agents.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(stranger.status).toBe(401);
  const typed = { experiment: "button", act: "delete/", fields: {} };
  expect((await agents.call("admin", "propose_change", typed)).data).toMatchObject({ refused: "invalid-form" });
});

test("a list of messages is refused, in which one could call off another and leave its answer open", async () => {
  const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "list_experiments", arguments: {} } };
  const off = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
  for (const list of [[call, off], [call, call], [call], []]) {
    const answer = await fetch(agents.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${TOKENS.viewer}`,
      },
      body: JSON.stringify(list),
      signal: AbortSignal.timeout(5_000),
    });
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: "invalid-body" }]);
  }
});

test("an error that nobody expects is told to whoever runs the server, and not to whoever calls", async () => {
  const broken = make.context();
  const told: string[] = [];
  const service = {
    ...broken,
    store: {
      ...broken.store,
      definitions: { ...broken.store.definitions, list: () => Promise.reject(new Error(SECRET)) },
    },
  };
  const open = openApp(service, { csrfDisabled: false });
  open.log.error = (error: unknown) => void told.push(String(error));
  const answer = await open.inject({
    method: "POST",
    url: "/mcp",
    headers: { host: "localhost", accept: "application/json, text/event-stream", "content-type": "application/json" },
    payload: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "list_experiments", arguments: {} },
    }),
  });
  expect(answer.body).not.toContain(SECRET);
  expect(answer.json().result.content[0].text).toContain('"refused": "internal"');
  expect(told.join()).toContain(SECRET);
  await open.close();
});

test.each([false, true])(
  "a page of another site gets nothing, whoever may come in and with csrf_disable: %s; a program does",
  async (csrfDisabled) => {
    const open = openApp(agents.context, { csrfDisabled });
    const message = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const ask = (headers: Record<string, string>, payload: string) =>
      open.inject({
        method: "POST",
        url: "/mcp",
        headers: { host: "localhost", accept: "application/json, text/event-stream", ...headers },
        payload,
      });
    const json = { "content-type": "application/json" };
    expect((await ask(json, JSON.stringify(message))).json().result.tools).toHaveLength(TOOLS.length);
    const known = openApp(agents.context, { ...GUARDED, csrfDisabled });
    const authorization = `Bearer ${TOKENS.admin}`;
    for (const from of [{ origin: "https://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }]) {
      expect((await ask({ ...json, ...from }, JSON.stringify(message))).statusCode).toBe(403);
      const headers = { ...json, ...from, authorization, accept: "application/json, text/event-stream" };
      const answer = await known.inject({ method: "POST", url: "/mcp", headers, payload: message });
      expect([from, answer.statusCode, answer.json().code]).toEqual([from, 403, "csrf-failed"]);
    }
    if (!csrfDisabled) {
      expect((await ask({ "content-type": "application/x-www-form-urlencoded" }, "a=b")).statusCode).toBe(403);
    }
    expect((await open.inject({ url: "/mcp", headers: { host: "localhost" } })).statusCode).toBe(405);
    await open.close();
    await known.close();
  },
);

test("docs name the tools", () => {
  const docs = readFileSync(new URL("../../../../docs/automation.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `(\w+)` \| (viewer|editor) \|/gm)].map(([, name, role]) => [name, role]);
  expect(rows).toEqual(TOOLS.map(({ name, role }) => [name, role]));
});
