import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it } from "vitest";
import { openStatsD } from "../../src/ops/statsd.ts";

it("sends the names of the original to a real UDP socket, under the prefix of the URL", async () => {
  const socket = createSocket("udp4");
  let received = "";
  socket.on("message", (packet) => {
    received += `${packet.toString("utf8")}\n`;
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const statsd = openStatsD(`udp://127.0.0.1:${socket.address().port}/shop`, () => {});
  statsd.observe("participate", 200, 1.5);
  statsd.observe("convert", 400, 2);
  await statsd.close();
  await expect.poll(() => received).toContain("shop.response_code.400:1|c");
  expect(received.trim().split("\n")).toEqual([
    "shop.participate.count:1|c",
    "shop.participate.response_time:1.5|ms",
    "shop.response_code.200:1|c",
    "shop.convert.count:1|c",
    "shop.convert.response_time:2|ms",
    "shop.response_code.400:1|c",
  ]);
  socket.close();
});
