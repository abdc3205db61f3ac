import { once } from "node:events";
import { createServer, get } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it, vi } from "vitest";
import { createLog } from "../../src/ops/log.ts";
import { drainable, Shutdown } from "../../src/ops/shutdown.ts";

const log = createLog({ level: "silent", readable: false, write: () => {} });

it("closes in the reverse order of opening, once, and goes on after a failure", async () => {
  const closed: string[] = [];
  const shutdown = new Shutdown(log);
  shutdown.add("store", async () => void closed.push("store"));
  shutdown.add("web", () => Promise.reject(new Error("stuck")));
  shutdown.add("api", async () => void closed.push("api"));
  shutdown.begin("test");
  shutdown.begin("again");
  expect(shutdown.begun).toBe(true);
  expect(await shutdown.finished).toBe(false);
  expect(closed).toEqual(["api", "store"]);
});

it("lets a request in flight finish before a server counts as closed", async () => {
  let answer = () => {};
  const server = createServer((_request, response) => {
    answer = () => response.end("done");
  });
  const drain = drainable(server);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const body = new Promise<string>((resolve, reject) => {
    get({ port, agent: false, headers: { Connection: "keep-alive" } }, (response) => {
      response.setEncoding("utf8").once("data", resolve);
    }).once("error", reject);
  });
  await new Promise<void>((resolve) => server.once("request", () => resolve()));
  let drained = false;
  const draining = drain().then(() => {
    drained = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(drained).toBe(false);
  answer();
  expect(await body).toBe("done");
  await draining;
});

it("answers who has connected before it stopped accepting, though nothing had accepted them yet", async () => {
  const server = createServer((_request, response) => response.end("done"));
  const drain = drainable(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const answers = Array.from(
    { length: 50 },
    () =>
      new Promise<string | undefined>((resolve) => {
        get({ host: "127.0.0.1", port, agent: false }, (response) => {
          response.resume().once("end", () => resolve(String(response.statusCode)));
        }).once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      }),
  );
  // The system has connected all of them after this, in the same turn of the event loop.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  const [, ...all] = await Promise.all([drain(), ...answers]);
  expect(new Set(all)).toEqual(new Set(["200"]));
});

it("does not wait for connections that never said anything, as browsers make them ahead", async () => {
  const server = createServer();
  const drain = drainable(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const silent = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(server, "connection");
  const closed = once(silent, "close");
  const cut = vi.spyOn(server, "closeAllConnections");
  await drain();
  await closed;
  expect(cut).not.toHaveBeenCalled();
});
