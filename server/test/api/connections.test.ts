/** Connections that are held open: those who come still get one, and there are never more than the limit. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { type Api, startApi } from "../support/api.ts";

const CONNECTIONS_MAX = 10;

let api: Api;
const held: Socket[] = [];
afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  await api.close();
});

async function hold(): Promise<Socket> {
  const socket = connect(api.port, "127.0.0.1");
  socket.on("error", () => {});
  held.push(socket);
  await once(socket, "connect");
  return socket;
}

/** What comes until the server closes the connection, or has answered. */
async function ask(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  socket.write("GET /_status HTTP/1.1\r\nHost: a\r\n\r\n");
  await Promise.race([once(socket, "data"), once(socket, "close")]);
  return text;
}

it("answers close their connection while more than half of the connections are held, and keep it otherwise", async () => {
  api = await startApi({ connectionsMax: CONNECTIONS_MAX });
  const [first] = [await hold()];
  expect(await ask(first)).toMatch(/^connection: keep-alive/im);
  for (let count = 1; count < CONNECTIONS_MAX; count += 1) await hold();
  const closed = once(first, "close");
  expect(await ask(first)).toMatch(/^connection: close/im);
  await closed;
  expect(await ask(await hold())).toMatch(/^connection: close/im);
});

it("one more than the limit is closed at once, and those that are there are answered", async () => {
  api = await startApi({ connectionsMax: CONNECTIONS_MAX });
  for (let count = 0; count < CONNECTIONS_MAX; count += 1) await hold();
  expect(await ask(await hold())).toBe("");
  expect(await ask(held[0] ?? (await hold()))).toMatch(/^HTTP\/1\.1 200/);
});
