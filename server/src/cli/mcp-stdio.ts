/** MCP on standard input and output: handed on to a dashboard, or served from a store that no server has open. */
import { once } from "node:events";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { isInitializedNotification, isJSONRPCRequest, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Loaded } from "../config/load.ts";
import { COMMAND_LINE } from "../domain/actor.ts";
import { reasonOf } from "../domain/errors.ts";
import { createMcpServer } from "../web/mcp/mcp-server.ts";
import type { Dashboard } from "./dashboard-client.ts";
import { withStore } from "./job.ts";
import { serviceSettings } from "./wiring.ts";
import { analystOf } from "./wiring-analyst.ts";
import type { World } from "./world.ts";

/** JSON-RPC's code for a failure of whoever answers. */
const INTERNAL_ERROR = -32603;

/** Hands every message on as it is: tools, tokens and roles are the dashboard's. Ends with standard input. */
export async function bridge(world: World, { url, token }: Dashboard): Promise<void> {
  const agent = new StdioServerTransport(world.input.stream);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const dashboard = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } });
  const underWay = new Set<Promise<void>>();
  dashboard.onmessage = (message) => {
    const version = versionIn(message);
    if (version !== undefined) dashboard.setProtocolVersion(version);
    void agent.send(message);
  };
  agent.onmessage = (message) => {
    // It would open a stream of events, which a server without sessions has none of.
    if (isInitializedNotification(message)) return;
    const sending = dashboard
      .send(message)
      .catch((error: unknown) => {
        world.err.write(`${error instanceof Error ? error.message : String(error)}\n`);
        if (isJSONRPCRequest(message)) void agent.send(failed(message.id, error));
      })
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  };
  await dashboard.start();
  await agent.start();
  await once(world.input.stream, "end");
  await Promise.all(underWay);
  await dashboard.close();
}

/** Whoever may open the store may do everything. Ends with standard input. @throws CliError */
export async function serveStore(world: World, loaded: Loaded): Promise<void> {
  await withStore(world, loaded, "refuse", async ({ store, clock }) => {
    const settings = serviceSettings(loaded.config, world.nowMs);
    const secretKey = world.randomBytes(32).toString("hex");
    const caller = { role: "admin", actor: COMMAND_LINE } as const;
    const onDefect = (error: unknown) => world.err.write(`${reasonOf(error)}\n`);
    const analyst = analystOf(loaded.config, { store, clock });
    const service = { store, clock, settings, analyst, onUnlogged: onDefect };
    const server = createMcpServer({ service, caller, secretKey, onDefect });
    const ended = once(world.input.stream, "end");
    await server.connect(new StdioServerTransport(world.input.stream));
    await ended;
    await server.close();
  });
}

/** What both sides agreed on, in the answer to the first message. */
function versionIn(message: JSONRPCMessage): string | undefined {
  if (!("result" in message)) return undefined;
  const version = message.result["protocolVersion"];
  return typeof version === "string" ? version : undefined;
}

function failed(id: string | number, error: unknown): JSONRPCMessage {
  const message = error instanceof Error ? error.message : String(error);
  return { jsonrpc: "2.0", id, error: { code: INTERNAL_ERROR, message } };
}
