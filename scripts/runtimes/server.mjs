/** The built server as a process of its own, on any Node. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../prepare.mjs";

/** Resolves when it answers, with its addresses and `stop`, which resolves with its exit code. */
export async function startServer(node = process.execPath) {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-runtimes-"));
  const args = ["start", "--host", "127.0.0.1", "--port", "0", "--web-port", "0", "--data-dir", folder];
  const child = spawn(node, [join(ROOT, "server/bin/sixpack.js"), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  const log = { out: "", err: "" };
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log.err += text;
  });
  const started = new Promise((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      log.out += text;
      if (addressesIn(log.out) !== undefined) resolve(addressesIn(log.out));
    });
  });
  const addresses = await Promise.race([started, ended]);
  if (addresses?.api === undefined) throw new Error(`Expected the server to start, got ${addresses}: ${log.err}`);
  return {
    ...addresses,
    log,
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

function addressesIn(text) {
  const [, api] = /API +(http\S+)/.exec(text) ?? [];
  const [, dashboard] = /Dashboard +(http\S+)/.exec(text) ?? [];
  return api && dashboard ? { api, dashboard } : undefined;
}
