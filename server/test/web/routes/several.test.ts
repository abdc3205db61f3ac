import { expect, test } from "vitest";
import { setManager } from "../../../src/service/administer/acts/ownership.ts";
import * as make from "../../support/make.ts";
import { GUARDED, loggedIn } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

const FORM = { accept: "text/html", "content-type": "application/x-www-form-urlencoded" };

test("several experiments are paused, archived and tagged at once, with one undo for the lot", async () => {
  const context = make.context();
  const app = openApp(context);
  const names = ["a,b", "button", "headline", "price"];
  for (const name of names) await createExperiment(context, name);
  const send = async (url: string, fields: readonly (readonly [string, string])[]) => {
    context.pass(5);
    const payload = new URLSearchParams(fields.map(([name, value]) => [name, value])).toString();
    return app.inject({ method: "POST", url, headers: FORM, payload });
  };
  const picked = names.slice(0, 3).map((name) => ["name", name] as const);
  const state = async () => {
    const stored = await Promise.all(names.map((name) => context.store.definitions.read(name)));
    return stored.map((one) => [one?.paused, one?.archived, one?.about?.tags ?? []]);
  };
  /** The form that the page after an act shows. */
  const undo = async (cookie: string) => {
    const page = (await app.inject({ url: "/all?tag=x", headers: { ...FORM, cookie } })).body;
    const form = /<form method="post" action="\/several\/undo">.*?<\/form>/s.exec(page)?.[0] ?? "";
    const fields = [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]) => [name, value.replaceAll("&amp;", "&")] as const,
    );
    return { text: /role="status"><p>(.*?)<\/p>/.exec(page)?.[1], fields };
  };
  const before = await state();
  for (const [act, text] of [
    ["pause", "Paused 3 experiments."],
    ["archive", "Archived 3 experiments."],
    ["tag", "Added the tag q2 to 3 experiments."],
  ] as const) {
    const done = await send("/several", [...picked, ["do", act], ["tag", " q2 "], ["back", "/all?tag=x"]]);
    expect([done.statusCode, done.headers.location]).toEqual([302, "/all?tag=x"]);
    const changed = await state();
    expect(changed.map((one, at) => one.join() !== before[at]?.join())).toEqual([true, true, true, false]);
    const cookie = String([done.headers["set-cookie"]].flat()[0]).split(";")[0] ?? "";
    const shown = await undo(cookie);
    expect(shown.text).toBe(text);
    const undone = await send("/several/undo", shown.fields);
    expect(undone.headers.location).toBe("/all?tag=x");
    expect(await state()).toEqual(before);
  }
  await app.close();
});

test("what can't be changed is told with its reason, and the rest is done; programs get the same as JSON", async () => {
  const context = make.context();
  const app = openApp(context);
  for (const name of ["button", "headline", "price"]) await createExperiment(context, name);
  await setManager(context, { name: "headline", actor: "ann" }, "repo");
  const send = (payload: object, url = "/several") =>
    app.inject({ method: "POST", url, headers: { accept: "application/json" }, payload });
  const tagged = (await send({ do: "tag", tag: "q2", name: ["button", "headline", "nobody", "price"] })).json();
  expect(tagged.done).toEqual(["button", "price"]);
  expect(tagged.refused.map(({ name }: { name: string }) => name)).toEqual(["headline", "nobody"]);
  expect((await send({ do: "tag", tag: "q2", name: ["button"] })).json()).toMatchObject({ done: [], refused: [] });
  // Somebody changes one of them in between: it stays as they left it.
  context.pass(5);
  await send({ owner: "bob" }, "/experiments/price/about");
  const undone = (await send({ ...tagged.entry, at_ms: String(tagged.entry.at_ms) }, "/several/undo")).json();
  expect(undone.done).toEqual(["button"]);
  expect(undone.refused).toMatchObject([{ name: "price", reason: expect.stringContaining("later one") }]);
  for (const wrong of [{ do: "tag", tag: "", name: ["button"] }, { do: "pause" }, { do: "delete", name: ["button"] }]) {
    expect((await send(wrong)).statusCode).toBe(400);
  }
  await app.close();
});

test("selecting is for editors", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context, GUARDED);
  const [vera, ed] = [await loggedIn(app, "vera"), await loggedIn(app, "ed")];
  expect((await vera.get("/")).body).not.toContain('type="checkbox"');
  expect((await ed.get("/")).body).toContain('type="checkbox"');
  expect((await vera.post("/several", { do: "pause", name: "button" })).statusCode).toBe(403);
  expect((await ed.post("/several", { do: "pause", name: "button" })).statusCode).toBe(302);
  await app.close();
});
