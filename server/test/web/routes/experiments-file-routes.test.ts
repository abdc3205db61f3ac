import { expect, test } from "vitest";
import * as make from "../../support/make.ts";
import { openApp } from "../support.ts";

test("a dry run changes nothing, however its flag is written, and what says neither yes nor no is refused", async () => {
  const context = make.context();
  const app = openApp(context);
  const apply = async (dry_run: unknown) => {
    const payload = { experiments: { here: { alternatives: ["red", "blue"] } }, dry_run };
    const answer = await app.inject({ method: "POST", url: "/apply", payload });
    return [answer.statusCode, answer.json().results?.[0].kind ?? answer.json().code];
  };
  expect(await apply(true)).toEqual([200, "made"]);
  expect(await apply("true")).toEqual([200, "made"]);
  for (const unclear of ["yes", 1]) expect(await apply(unclear)).toEqual([400, "invalid-form"]);
  expect(await context.store.definitions.list()).toEqual([]);
  expect(await apply(false)).toEqual([200, "made"]);
  expect(await context.store.definitions.list()).toHaveLength(1);
  await app.close();
});
