/** What a visitor sends about itself, looked for in every byte that a server has left behind. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { storedIn } from "../support/stored.ts";

const SENT = {
  client_id: "a-visitor-nobody-else-is",
  user_agent: "A-Browser-Nobody-Else-Has/7.1",
  ip_address: "203.0.113.77",
} as const;

test("neither id, address nor user agent of a visitor stands in the store or the log, however the calls end", async () => {
  const folder = join(await temporaryFolder(), "data");
  const server = start({
    args: ["start", "--port", "0", "--web-port", "0", "--set", "storage=embedded", "--set", `data_dir=${folder}`],
  });
  const [, api = ""] = await server.printed(/API +(\S+)\n/);
  const headers = { "user-agent": SENT.user_agent, "x-forwarded-for": SENT.ip_address };
  const call = async (verb: string, more: Readonly<Record<string, string>>) => {
    const query = new URLSearchParams({ experiment: "kept-experiment", ...SENT, ...more });
    const alternatives = verb === "participate" ? "&alternatives=a&alternatives=b" : "";
    return (await fetch(`${api}/${verb}?${query}${alternatives}`, { headers })).status;
  };
  expect(await call("participate", {})).toBe(200);
  expect(await call("convert", { value: "3", id: "order-1" })).toBe(200);
  expect(await call("link", { previous_id: `${SENT.client_id}-before` })).toBe(200);
  expect(await call("convert", { value: "much" })).toBe(400);
  expect(await call("convert", { experiment: "none" })).toBe(400);
  expect((await server.stop()).code).toBe(0);

  const left = [(await storedIn(folder)).toString("latin1"), server.stdout, server.stderr].join("\n");
  // Read as it lies there: the name of the experiment is found.
  expect(left).toContain("kept-experiment");
  for (const text of Object.values(SENT)) expect([text, left.includes(text)]).toEqual([text, false]);
});
