/** The tools for agents, spoken to by the SDK's own client over HTTP on a dashboard that listens. */
import type { AddressInfo } from "node:net";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, expect } from "vitest";
import { ROLES, type Role } from "../../../src/domain/role.ts";
import { hashToken, makeToken } from "../../../src/ops/token.ts";
import { DATA_NOTICE } from "../../../src/web/mcp/data-block.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

const DAY_MS = 86_400_000;

export const TOKENS: Readonly<Record<Role, string>> = {
  viewer: makeToken(Buffer.alloc(32, 1)),
  editor: makeToken(Buffer.alloc(32, 2)),
  admin: makeToken(Buffer.alloc(32, 3)),
};

interface Told {
  readonly isError: boolean;
  readonly text: string;
  readonly data: Record<string, unknown>;
}

/** A dashboard with the experiment `button`, whose blue has won, and an agent of each role. */
export function useAgents() {
  const context = make.context();
  const app = openApp(context, {
    csrfDisabled: false,
    access: {
      mode: { kind: "password", users: [] },
      tokens: ROLES.map((role) => ({ name: role, role, hash: hashToken(TOKENS[role]) })),
    },
  });
  const clients = new Map<Role, Client>();
  const agents = {
    context,
    url: "",
    toolNames: async (role: Role) => (await clients.get(role)?.listTools())?.tools.map(({ name }) => name),
    listed: (role: Role) => clients.get(role)?.listTools(),
    /** The answer of a tool, which is one marked block, whatever is in it. */
    call: async (role: Role, name: string, args: Record<string, unknown> = {}): Promise<Told> => {
      const result = await clients.get(role)?.callTool({ name, arguments: args });
      const [{ text } = { text: "" }] = (result?.content ?? []) as { readonly text: string }[];
      const [before, json = "", after, ...others] = text.split(/<\/?data>/);
      expect([before, after, others]).toEqual([`${DATA_NOTICE}\n`, "", []]);
      return { isError: result?.isError === true, text, data: JSON.parse(json) };
    },
  };
  beforeAll(async () => {
    await createExperiment(context, "button", ["red", "blue"], { createdAtMs: make.NOW_MS - 10 * DAY_MS });
    for (let day = 19; day <= 28; day++) {
      await record(context, "button", [...crowd(0, 150, 9, `2025-02-${day}`), ...crowd(1, 150, 21, `2025-02-${day}`)]);
    }
    await app.listen({ port: 0, host: "127.0.0.1" });
    agents.url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/mcp`;
    for (const role of ROLES) {
      const client = new Client({ name: "test", version: "1" });
      const headers = { authorization: `Bearer ${TOKENS[role]}` };
      await client.connect(new StreamableHTTPClientTransport(new URL(agents.url), { requestInit: { headers } }));
      clients.set(role, client);
    }
  });
  afterAll(async () => {
    for (const client of clients.values()) await client.close();
    await app.close();
  });
  return agents;
}
