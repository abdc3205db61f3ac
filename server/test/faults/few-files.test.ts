/** More callers than files that the process may have open, on the embedded engine, which needs files of its own. */
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run, SIXPACK, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { PATIENCE_MS } from "../support/patience.ts";

const EVENTUALLY = { timeout: PATIENCE_MS };

const FILES_MAX = 80;
const CALLERS = 150;

const target = (client: string) => `/participate?experiment=fault&alternatives=a&alternatives=b&client_id=${client}`;

/** Resolves when the system has taken the connection, which is before the server has. */
async function hold(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  await eitherOf(socket, "connect", "close");
  return socket;
}

/** Unlike `once` of node:events it takes an error for what it is here: a connection that is about to close. */
function eitherOf(socket: Socket, ...events: readonly ("connect" | "data" | "close")[]): Promise<void> {
  return new Promise((resolve) => {
    for (const event of events) socket.once(event, () => resolve());
  });
}

/** Status of the answer; 0 if the connection was closed without one. */
async function ask(socket: Socket, path: string): Promise<number> {
  if (socket.destroyed) return 0;
  let text = "";
  socket.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await eitherOf(socket, "data", "close");
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
}

test("with more callers than files each is answered or sent away, the log says so, and nothing that was answered is lost", async () => {
  const data = ["--set", "storage=embedded", "--set", `data_dir=${join(await temporaryFolder(), "data")}`];
  const server = start({
    node: "/bin/sh",
    script: "-c",
    args: [
      ...[`ulimit -n ${FILES_MAX}; exec "$@"`, "sh", process.execPath, SIXPACK],
      ...["start", "--port", "0", "--web-port", "0", ...data],
    ],
  });
  const [, api = ""] = await server.printed(/API +(\S+)\n/);
  const [, dashboard = ""] = await server.printed(/Dashboard +(\S+)\n/);
  const ports = [Number(new URL(api).port), Number(new URL(dashboard).port)] as const;

  // The dashboard's callers first: they may not take what the API needs.
  const idle = await Promise.all(Array.from({ length: CALLERS }, () => hold(ports[1])));
  const callers = await Promise.all(Array.from({ length: CALLERS }, () => hold(ports[0])));
  const statuses = await Promise.all(callers.map((socket, number) => ask(socket, target(`c${number}`))));
  const answered = statuses.flatMap((status, number) => (status === 0 ? [] : [number]));
  // On a busy machine those who wait are taken when others have been answered: then nobody is sent away.
  expect(statuses.filter((status) => status !== 0 && status !== 200)).toEqual([]);
  expect(answered.length).toBeGreaterThan(FILES_MAX / 4);
  await expect.poll(() => server.stderr, EVENTUALLY).toContain("trouble with connections");
  expect(server.stderr).not.toContain("the store takes no writes");

  for (const socket of [...idle, ...callers]) socket.destroy();
  await expect.poll(async () => (await fetch(`${api}/readyz`).catch(() => undefined))?.status, EVENTUALLY).toBe(200);
  expect((await fetch(`${api}${target("afterwards")}`)).status).toBe(200);
  await expect
    .poll(async () => (await fetch(`${dashboard}/experiments/fault.json`).catch(() => undefined))?.status, EVENTUALLY)
    .toBe(200);
  const { total_participants: counted } = await (await fetch(`${dashboard}/experiments/fault.json`)).json();
  expect(counted).toBe(answered.length + 1);
  expect((await server.stop()).code).toBe(0);
  expect((await run({ args: ["doctor", "--records", ...data] })).stdout).toMatch(/ok +records/);
});
