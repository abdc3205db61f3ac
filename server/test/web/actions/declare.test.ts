import { expect, test } from "vitest";
import { GUARDED, loggedIn } from "../access/people.ts";
import { openApp, testContext } from "../support.ts";

test("declares an experiment from a form with commas, and from JSON with lists", async () => {
  const context = testContext();
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
  const names = (await context.store.listExperiments()).map(({ name }) => name);
  expect(names.sort()).toEqual(["button", "headline"]);
});

test("is for editors", async () => {
  const app = openApp(testContext(), GUARDED);
  const fields = { name: "button", alternatives: "red,green" };
  expect((await (await loggedIn(app, "vera")).post("/experiments", fields)).statusCode).toBe(403);
  expect((await (await loggedIn(app, "ed")).post("/experiments", fields)).statusCode).toBe(302);
});

test("with shards is for admins, new or there already", async () => {
  const context = testContext();
  const app = openApp(context, GUARDED);
  const spread = (name: string) => ({ name, alternatives: "red,green", shards: "6" });
  const ed = await loggedIn(app, "ed");
  expect((await ed.post("/experiments", { name: "button", alternatives: "red,green" })).statusCode).toBe(302);
  for (const name of ["button", "headline"]) {
    const refused = await ed.post("/experiments", spread(name));
    expect([name, refused.statusCode]).toEqual([name, 403]);
    expect(refused.body).toContain("Expected the role admin, got editor");
  }
  expect((await context.store.listExperiments()).map(({ name, shards }) => [name, shards ?? 1])).toEqual([
    ["button", 1],
  ]);
  const ada = await loggedIn(app, "ada");
  for (const name of ["button", "headline"])
    expect((await ada.post("/experiments", spread(name))).statusCode).toBe(302);
  expect((await context.store.listExperiments()).map(({ shards }) => shards)).toEqual([6, 6]);
});
