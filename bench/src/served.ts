/** The built server with its dashboard, as a person starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const SIXPACK = fileURLToPath(new URL("../../server/bin/sixpack.js", import.meta.url));

export interface Addresses {
  readonly api: string;
  readonly dashboard: string;
}

/**
 * Both doors of the built server, on ports of their own, while `work` goes on.
 * @param settings `key=value` of the configuration
 */
export async function served(
  settings: readonly string[],
  work: (server: ChildProcess, at: Addresses) => Promise<void>,
): Promise<void> {
  const set = [...settings, "csrf_disable=true"].flatMap((setting) => ["--set", setting]);
  const args = ["start", "--port", "0", "--web-port", "0", ...set];
  const server = spawn(process.execPath, [SIXPACK, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await work(server, await bannerOf(server.stdout));
  } finally {
    const ended = once(server, "exit");
    server.kill();
    await ended;
  }
}

async function bannerOf(output: NodeJS.ReadableStream): Promise<Addresses> {
  let api = "";
  for await (const line of createInterface({ input: output })) {
    const [, what, url = ""] = /^ {2}(API|Dashboard) +(\S+)$/.exec(line) ?? [];
    if (what === "API") api = url;
    if (what === "Dashboard") return { api, dashboard: url };
  }
  throw new Error("Expected the addresses of a server, got none");
}
