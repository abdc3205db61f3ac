/** Answers of one turn of the event loop are written together, at its end. */
import { setImmediate as turnOver } from "node:timers/promises";
import { expect, it } from "vitest";
import { createTurn } from "../../src/api/turn.ts";
import { query, startApi } from "../support/api.ts";

it("writes what waits in the order in which it came, once the turn is over", async () => {
  const atEndOfTurn = createTurn();
  const written: string[] = [];
  atEndOfTurn(() => written.push("first"));
  atEndOfTurn(() => written.push("second"));
  expect(written).toEqual([]);
  await turnOver();
  expect(written).toEqual(["first", "second"]);
});

it("leaves what comes while it writes to the next turn", async () => {
  const atEndOfTurn = createTurn();
  const written: string[] = [];
  atEndOfTurn(() => atEndOfTurn(() => written.push("later")));
  await turnOver();
  expect(written).toEqual([]);
  await turnOver();
  expect(written).toEqual(["later"]);
});

it("tells of an answer that can't be written, and writes the others", async () => {
  let answers = 0;
  const api = await startApi({
    onAnswer: () => {
      answers += 1;
      if (answers === 1) throw new Error("broken");
    },
  });
  const participate = (client: number) =>
    api.get(`/participate?${query({ experiment: "turn", alternatives: ["a", "b"], client_id: `${client}` })}`);
  const replies = await Promise.allSettled([1, 2, 3, 4].map(participate));
  expect(replies.filter(({ status }) => status === "fulfilled").length).toBeGreaterThanOrEqual(3);
  expect(api.defects).toEqual([new Error("broken")]);
  await expect(participate(5)).resolves.toMatchObject({ status: 200 });
  await api.close();
});
