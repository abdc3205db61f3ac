/** The built server, to be killed at any moment. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { endGroup, endsWithUs } from "./children.ts";

export const BIN = fileURLToPath(new URL("../../server/bin/sixpack.js", import.meta.url));

export interface Running {
  readonly api: string;
  readonly web: string;
  /** The whole of it at once: no goodbye of anybody. */
  readonly kill: () => Promise<void>;
}

/** @param where flags that say where it keeps things. @param env what is set beside */
export async function startServer(where: readonly string[], env: Readonly<Record<string, string>>): Promise<Running> {
  const args = [BIN, "start", "--port", "0", "--web-port", "0", ...where, "--set", "csrf_disable=true"];
  const started = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, workers included, that one signal kills.
    detached: true,
    env: { ...process.env, ...env },
  });
  const child = endsWithUs(started);
  const { api, web } = await addressesOf(child);
  return {
    api,
    web,
    kill: async () => {
      const exited = once(child, "exit");
      endGroup(child);
      await exited;
    },
  };
}

function addressesOf(child: ChildProcess): Promise<{ readonly api: string; readonly web: string }> {
  return new Promise((resolve, reject) => {
    const said = { out: "", err: "" };
    child.stderr?.on("data", (chunk: Buffer) => {
      said.err += chunk;
    });
    // Read to the end: a server whose output nobody takes would stop.
    child.stdout?.on("data", (chunk: Buffer) => {
      said.out += chunk;
      const [, api, web] = /API +(\S+)\s+Dashboard +(\S+)/.exec(said.out) ?? [];
      if (api !== undefined && web !== undefined) resolve({ api, web });
    });
    child.once("exit", (code) => reject(new Error(`Expected a server, got its end with ${code}: ${said.err}`)));
  });
}
