/** Real proxies, each with the configuration that docs/operations.md gives for it, in front of servers of a test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./sixpack.ts";

const OPERATIONS = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");

/** The first block of a language under "Behind a proxy". */
export function snippet(language: string): string {
  const [, text] =
    new RegExp(`### Behind a proxy[\\s\\S]*?\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(OPERATIONS) ?? [];
  if (text === undefined) throw new Error(`Expected a block of ${language} in docs/operations.md, got none`);
  return text;
}

interface Kind {
  /** The block of the docs. */
  readonly language: string;
  /** A configuration that does nothing but pass everything on to the dashboard, as a first try would. */
  readonly bare: string;
  /** How the docs say where it listens, and how a test does. */
  readonly listen: readonly [docs: string, test: (port: number) => string];
  /** The whole file around a snippet. */
  readonly file: (snippet: string, folder: string) => string;
  readonly command: (file: string, folder: string) => readonly [string, ...string[]];
}

const MODULES = ["mpm_event", "authz_core", "proxy", "proxy_http", "headers"];

export const PROXIES = {
  nginx: {
    language: "nginx",
    bare: "server { listen 80; location / { proxy_pass http://127.0.0.1:5001; } }",
    listen: ["listen 80;", (port) => `listen 127.0.0.1:${port};`],
    file: (text, folder) => `
      daemon off; pid ${folder}/pid; error_log stderr;
      events {}
      http {
        access_log off;
        client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
        fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
        ${text}
      }`,
    command: (file, folder) => ["nginx", "-p", folder, "-e", "stderr", "-c", file],
  },
  Caddy: {
    language: "caddy",
    bare: "ab.example.com {\n\treverse_proxy 127.0.0.1:5001\n}\n",
    listen: ["ab.example.com {", (port) => `http://:${port} {`],
    file: (text) => `{\n\tadmin off\n\tauto_https off\n}\n${text}`,
    command: (file) => ["caddy", "run", "--adapter", "caddyfile", "--config", file],
  },
  HAProxy: {
    language: "haproxy",
    bare: "",
    listen: ["bind :80", (port) => `bind 127.0.0.1:${port}`],
    file: (text) => text,
    command: (file) => ["haproxy", "-db", "-f", file],
  },
  Apache: {
    language: "apache",
    bare: '<VirtualHost *:80>\n  ProxyPass "/" "http://127.0.0.1:5001/"\n</VirtualHost>',
    listen: ["<VirtualHost *:80>", (port) => `Listen 127.0.0.1:${port}\n<VirtualHost *:${port}>`],
    file: (text, folder) => `
      ServerRoot ${folder}
      ServerName ab.example.com
      PidFile ${folder}/pid
      ErrorLog ${folder}/log
      DefaultRuntimeDir ${folder}
      ${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
      ${process.getuid?.() === 0 ? "User www-data\nGroup www-data" : ""}
      ${text}`,
    command: (file) => ["apache2", "-D", "FOREGROUND", "-f", file],
  },
} as const satisfies Record<string, Kind>;

export type ProxyName = keyof typeof PROXIES;

export interface RunningProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param urls where the dashboard and the API listen, which stand at ports 5001 and 5000 in the docs */
export async function startProxy(
  name: ProxyName,
  text: string,
  urls: { readonly dashboard: string; readonly api: string },
): Promise<RunningProxy> {
  const { listen, file, command } = PROXIES[name];
  const [standing, there] = listen;
  const port = await freePort();
  const served = text
    .replace(standing, there(port))
    .replaceAll("127.0.0.1:5001", new URL(urls.dashboard).host.replace("localhost", "127.0.0.1"))
    .replaceAll("127.0.0.1:5000", new URL(urls.api).host.replace("localhost", "127.0.0.1"));
  if (!served.includes(String(port))) throw new Error(`Expected ${standing} in the configuration, got:\n${text}`);
  const folder = mkdtempSync(join(tmpdir(), "sixpack-proxy-"));
  const path = join(folder, "configuration");
  writeFileSync(path, file(served, folder));
  const [program, ...args] = command(path, folder);
  const child = spawn(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    // A group of its own, so that its workers end with it: asked politely, Apache waits ten seconds for a stream to end.
    detached: true,
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  await listening(port, child, () => `${program}: ${said}`);
  return { url: `http://127.0.0.1:${port}`, stop };
}

async function listening(port: number, child: ChildProcess, said: () => string): Promise<void> {
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  for (;;) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error(`Expected a proxy to run, got ${said()}`);
    // Haste may be answered by a reset even after the connection.
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    try {
      await once(socket, "connect");
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}
