/** The checks of Node, clock, ports, and risky settings. */
import { createServer } from "node:http";
import type { Config } from "../../config/schema.ts";
import { dayText } from "../../domain/period.ts";
import { createClock } from "../../ops/clock.ts";
import { type Finding, fail, ok, warn } from "../../ops/finding.ts";
import { type Address, listen, urlOf } from "../listen.ts";
import { ApiClient } from "../seed/api-client.ts";

const NODE_MIN = [20, 19] as const;

/** Before this software was written, in milliseconds since 1970: a clock that stands there was never set. */
const CLOCK_MIN_MS = Date.UTC(2025, 0, 1);

/** Shortest secret that is not worth guessing, in characters. */
const SECRET_LENGTH_MIN = 16;

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin, minorMin] = NODE_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return ok("node", version);
  return fail("node", version, `install ${NODE_MIN.join(".")} or newer`);
}

export function checkClock({ timezone }: Config, nowMs: number): Finding {
  const now = new Date(nowMs).toISOString();
  if (nowMs < CLOCK_MIN_MS) return fail("clock", now, "set the clock, or switch on time synchronisation");
  return ok("clock", `${now}; in ${timezone} it is ${dayText(createClock(timezone, () => nowMs).today())}`);
}

export function checkSettings({
  auth,
  csrf_disable,
  enabled,
  proxy_fix,
  secret_key,
  web_host,
}: Config): readonly Finding[] {
  const findings: Finding[] = [];
  if (!enabled) {
    findings.push(
      warn("enabled", "false: everybody gets the control, nothing is recorded", "set it to true to experiment"),
    );
  }
  if (auth === "open") {
    findings.push(
      warn(
        "auth",
        `open: everybody who reaches ${web_host} can change experiments`,
        "keep it inside a network you trust",
      ),
    );
  }
  if (csrf_disable) {
    findings.push(warn("csrf_disable", "true: any web page can act in the name of a dashboard user", "leave it out"));
  }
  if (proxy_fix && auth === "none") {
    findings.push(
      warn(
        "proxy_fix",
        "true, with `auth: none`: the API serves, and the dashboard refuses to start",
        "give the dashboard a login: `auth: password` and `users`, or `auth: proxy`",
      ),
    );
  } else if (proxy_fix) {
    findings.push(
      warn(
        "proxy_fix",
        "true: X-Forwarded-* headers are believed",
        "let nobody reach the dashboard but through the proxy",
      ),
    );
  }
  findings.push(checkSecret(secret_key));
  return findings;
}

function checkSecret(secret: string | undefined): Finding {
  if (secret === undefined) {
    return warn(
      "secret_key",
      "made at random at each start, so open forms fail after a restart",
      "set one: openssl rand -hex 32",
    );
  }
  return secret.length < SECRET_LENGTH_MIN
    ? warn("secret_key", `${secret.length} characters`, "make a longer one: openssl rand -hex 32")
    : ok("secret_key", "set");
}

export async function checkPorts(config: Config): Promise<readonly Finding[]> {
  return Promise.all([
    checkPort("API port", { host: config.host, port: config.port, hostKey: "host", portKey: "port" }, config.base_path),
    checkPort(
      "dashboard port",
      { host: config.web_host, port: config.web_port, hostKey: "web_host", portKey: "web_port" },
      config.web_base_path,
    ),
  ]);
}

async function checkPort(subject: string, address: Address, basePath: string): Promise<Finding> {
  const probe = createServer();
  try {
    const port = await listen(probe, address);
    await new Promise((resolve) => probe.close(resolve));
    return ok(subject, address.port === 0 ? "any free one" : `${port} is free`);
  } catch (error) {
    if (await answersStatus(`${urlOf(address.host, address.port)}${basePath}`)) {
      return ok(subject, `${address.port} is served by a running Sixpack`);
    }
    return fail(subject, "can't be used", error instanceof Error ? error.message : String(error));
  }
}

async function answersStatus(url: string): Promise<boolean> {
  const client = new ApiClient(url, 1);
  try {
    const { body } = await client.call("/_status");
    return typeof body === "object" && body !== null && "status" in body && "version" in body;
  } catch {
    return false;
  } finally {
    client.close();
  }
}
