import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it } from "vitest";
import { openStatsD } from "../../src/ops/statsd.ts";
import { query, startApi } from "../support/api.ts";
import { HOSTILE_NAMES } from "../support/names.ts";

/** What arrives at a real UDP socket while `send` speaks to StatsD there, one metric a line. */
async function received(path: string, send: (observe: ReturnType<typeof openStatsD>["observe"]) => Promise<void>) {
  const socket = createSocket("udp4");
  let lines: string[] = [];
  socket.on("message", (packet) => {
    lines = [...lines, ...packet.toString("utf8").trim().split("\n")];
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const statsd = openStatsD(`udp://127.0.0.1:${socket.address().port}${path}`, () => {});
  await send(statsd.observe);
  // The last of all: what comes before it has come.
  statsd.observe(undefined, "GET", 999, 0);
  await statsd.close();
  await expect.poll(() => lines.at(-1)).toContain("response_code.999");
  socket.close();
  return lines.slice(0, -1);
}

// Recorded from Sixpack 2.7.0 (statsd 3.2.1, gunicorn 19.4.1) at a UDP socket, request by request, prefix left out.
const SIXPACK_2_7: readonly (readonly [method: string, path: string, names: readonly string[]])[] = [
  ["GET", "/", ["home.count|c", "home.response_time|ms", "response_code.200|c"]],
  ["GET", "/_status", ["status.count|c", "status.response_time|ms", "response_code.200|c"]],
  [
    "GET",
    "/participate?experiment=st&alternatives=a&alternatives=b&client_id=1",
    ["participate.count|c", "participate.response_time|ms", "response_code.200|c"],
  ],
  ["GET", "/convert?experiment=st&client_id=1", ["convert.count|c", "convert.response_time|ms", "response_code.200|c"]],
  [
    "GET",
    "/experiments/st",
    ["experiment_details.count|c", "experiment_details.response_time|ms", "response_code.200|c"],
  ],
  ["GET", "/favicon.ico", ["favicon.count|c", "favicon.response_time|ms", "response_code.200|c"]],
  ["HEAD", "/_status", ["status.count|c", "status.response_time|ms", "response_code.200|c"]],
  ["GET", "/participate", ["participate.count|c", "participate.response_time|ms", "response_code.400|c"]],
  ["GET", "/nothing", ["response_code.404|c"]],
  ["OPTIONS", "/participate", []],
];

it("sends what Sixpack 2.7 sent, letter for letter, for each of its endpoints", async () => {
  const answered: (readonly string[])[] = [];
  const lines = await received("/sixpack", async (observe) => {
    const api = await startApi({ onAnswer: observe });
    for (const [method, path] of SIXPACK_2_7) await api.get(path, { method });
    await api.close();
  });
  const names = lines.map((line) => line.replace(/:.*\|/, "|"));
  for (const [, , expected] of SIXPACK_2_7) answered.push(expected.map((name) => `sixpack.${name}`));
  expect(names).toEqual(answered.flat());
});

it("sends no name of an experiment, and so no line that one could forge", async () => {
  const lines = await received("", async (observe) => {
    const api = await startApi({ onAnswer: observe });
    for (const experiment of HOSTILE_NAMES) {
      await api.get(`/participate?${query({ experiment, alternatives: ["a", "b"], client_id: "1" })}`);
      await api.get(`/experiments/${encodeURIComponent(experiment)}`);
    }
    await api.close();
  });
  const names = new Set(lines.map((line) => line.replace(/:[\d.]+\|/, "|")));
  expect([...names].toSorted()).toEqual([
    "sixpack.experiment_details.count|c",
    "sixpack.experiment_details.response_time|ms",
    "sixpack.participate.count|c",
    "sixpack.participate.response_time|ms",
    "sixpack.response_code.200|c",
  ]);
});

it.each([
  ["/shop", "shop."],
  ["/shop/web", "shop.web."],
  ["", "sixpack."],
  ["/", "sixpack."],
])("makes the prefix of the URL's path %j as the original did: %s", async (path, prefix) => {
  const lines = await received(path, async (observe) => observe("participate", "GET", 200, 1.5));
  expect(lines).toEqual([
    `${prefix}participate.count:1|c`,
    `${prefix}participate.response_time:1.5|ms`,
    `${prefix}response_code.200:1|c`,
  ]);
});
