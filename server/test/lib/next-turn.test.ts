import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { createTurn } from "../../src/api/turn.ts";
import { afterAnswers } from "../../src/lib/next-turn.ts";

it("goes on only when what came during a step has been handled and answered", async () => {
  const events: string[] = [];
  const atEndOfTurn = createTurn();
  const server = createServer((socket) => {
    socket.on("data", (data) => {
      events.push(`${data} handled`);
      atEndOfTurn(() => {
        events.push(`${data} answered`);
        socket.write(data);
      });
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const caller = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(caller, "connect");
  const step = (name: string) =>
    new Promise<void>((resolve) =>
      afterAnswers(() => {
        events.push(`step ${name}`);
        // Arrives at once: the other side is this machine.
        caller.write(`call ${name}`);
        resolve();
      }),
    );
  await step("1");
  await step("2");
  await once(caller, "data");
  caller.destroy();
  server.close();
  expect(events.slice(0, 4)).toEqual(["step 1", "call 1 handled", "call 1 answered", "step 2"]);
});
