/** A feed has each fact once, a line for each day that is over, and no more than a reader takes. */
import { expect, it } from "vitest";
import { mute } from "../../../src/service/administer/acts/state.ts";
import { readFeed } from "../../../src/service/alerts/feed.ts";
import * as make from "../../support/make.ts";
import { heraldOn, noticing, receive, time } from "./support.ts";

receive();

it("tells a fact by itself, and not again in the line of its day", async () => {
  const { store } = make.context();
  await noticing(store);
  const context = make.context({ store, clock: make.clock(() => time.nowMs) });
  await heraldOn(store, []).round();
  await mute.run(context, { name: "button", actor: "ada" }, { body: { muted: "true" }, params: {} });
  time.nowMs += 86_400_000;
  expect((await readFeed(context, undefined)).map(({ text }) => text).toSorted()).toEqual([
    "a is shown worse.",
    "ada muted button",
  ]);
});

it("has the newest hundred of what there is", async () => {
  const { store } = make.context();
  for (let number = 0; number <= 100; number += 1) {
    time.nowMs += 1;
    await noticing(store, "a", `experiment ${number}`);
  }
  const names = (await readFeed(make.context({ store }), undefined)).map(({ experiment }) => experiment);
  expect(names).toEqual(Array.from({ length: 100 }, (_, number) => `experiment ${100 - number}`));
});
