import { expect, test } from "vitest";
import * as make from "../../support/make.ts";
import { GUARDED, loggedIn } from "../access/people.ts";
import { openApp } from "../support.ts";

test("declares an experiment from a form with commas, and from JSON with lists", async () => {
  const context = make.context();
  const app = openApp(context);
  const form = await app.inject({
    method: "POST",
    url: "/experiments",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: "name=button&alternatives=red%2C+green",
  });
  expect(form.statusCode).toBe(302);
  expect(form.headers.location).toBe("/experiments/button/");
  const json = await app.inject({
    method: "POST",
    url: "/experiments",
    headers: { accept: "application/json" },
    payload: { name: "headline", alternatives: ["short", "long"] },
  });
  expect(json.json()).toMatchObject({ status: "ok", name: "headline" });
  const names = (await context.store.definitions.list()).map(({ name }) => name);
  expect(names.sort()).toEqual(["button", "headline"]);
});

test("is for editors", async () => {
  const app = openApp(make.context(), GUARDED);
  const fields = { name: "button", alternatives: "red,green" };
  expect((await (await loggedIn(app, "vera")).post("/experiments", fields)).statusCode).toBe(403);
  expect((await (await loggedIn(app, "ed")).post("/experiments", fields)).statusCode).toBe(302);
});

test.each([
  [{ weigths: "9,1" }, /got "weigths" \(did you mean `weights`\?\)$/],
  [{ slice: "0,0.5" }, /^Expected `layer` with `slice`, got none$/],
])("refuses %j, and declares nothing", async (more, detail) => {
  const context = make.context();
  const answer = await openApp(context).inject({
    method: "POST",
    url: "/experiments",
    payload: { name: "button", alternatives: "red,green", ...more },
  });
  expect(answer.json().detail).toMatch(detail);
  expect(await context.store.definitions.list()).toEqual([]);
});
