/**
 * Every door at which strangers can leave text, pushed until it would show: a server with little memory would die of what
 * it keeps, and its log would grow by what it says.
 */
import { Agent, request } from "node:http";
import { expect, test } from "vitest";
import { start } from "../support/command.ts";

/** The heap that the server may have, in MiB: half of it is taken when it has started. */
const HEAP_MIB = 80;
/** Text that each kind of door is pushed with, in bytes: what kept it all would not fit. */
const PUSHED_BYTES = 100 * 2 ** 20;
const LOG_BYTES_PER_REQUEST_MAX = 20;

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

interface Pushed {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Status of the answer. */
function push({ url, headers, body }: Pushed): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", agent, headers }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
    });
    asked.once("error", reject).end(body);
  });
}

/** Sends texts of that length, each another one, until so many bytes were sent; answers the statuses and the number. */
async function pushAll(length: number, made: (text: string, number: number) => Pushed) {
  const statuses = new Set<number>();
  const count = Math.ceil(PUSHED_BYTES / length);
  const rest = "x".repeat(length);
  for (let number = 0; number < count; number += 4) {
    const sent = [0, 1, 2, 3].map((at) => push(made(`${number + at}${rest}`, number + at)));
    for (const status of await Promise.all(sent)) statuses.add(status);
  }
  return { statuses: [...statuses].sort(), count };
}

test("nothing that strangers send fills memory or log", async () => {
  const server = start({
    args: [
      ...["start", "--port", "0", "--web-port", "0", "--storage", "memory", "--set", "open=true"],
      ...["--set", "requests_per_second=1000000", "--set", "admin_password=correct horse battery"],
    ],
    env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`, SIXPACK_CONFIG_SECRET: "a secret of these tests" },
  });
  const [, api = ""] = await server.printed(/API +(\S+)\n/);
  const [, dashboard = ""] = await server.printed(/Dashboard +(\S+)\n/);
  const page = await fetch(`${dashboard}/login`);
  const token = /name="_csrf_token" value="([^"]+)"/.exec(await page.text())?.[1] ?? "";
  const cookie = page.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const form = { "content-type": "application/x-www-form-urlencoded", cookie };

  const login = await pushAll(120_000, (name) => ({
    url: `${dashboard}/login`,
    headers: form,
    body: `name=${name}&password=x&_csrf_token=${token}`,
  }));
  // Too long to be anybody's, so nobody's: refused before it is counted.
  expect(login.statuses).toEqual([400]);

  const fields = ["experiment", "client_id", "kpi", "id", "user_agent", "ip_address", "force", "callback", "nonsense"];
  const calls = await pushAll(60_000, (text, number) => {
    const field = fields[number % fields.length] ?? "";
    const call = { experiment: "e", alternatives: ["a", "b"], client_id: "1", [field]: text };
    const verb = number % 2 === 0 ? "participate" : "convert";
    return { url: `${api}/${verb}`, headers: { "content-type": "application/json" }, body: JSON.stringify(call) };
  });
  expect(calls.statuses.every((status) => status >= 400 && status < 500)).toBe(true);

  const { child, stderr } = server;
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  expect((await fetch(`${api}/readyz`)).status).toBe(200);
  expect(stderr.length).toBeLessThan(LOG_BYTES_PER_REQUEST_MAX * (login.count + calls.count));
  agent.destroy();
});
