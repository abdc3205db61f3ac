import { expect, test } from "vitest";
import { VIEWS_MAX } from "../../../src/service/report/saved-views.ts";
import * as make from "../../support/make.ts";
import { GUARDED, loggedIn } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

const ACCEPT = { accept: "text/html" };

test("a list is saved by name, stands above every list, is replaced and removed, each with an undo", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context);
  const post = (url: string, payload: object) => app.inject({ method: "POST", url, headers: ACCEPT, payload });
  const views = async (url: string) => {
    const page = (await app.inject({ url, headers: ACCEPT })).body;
    const nav = /aria-label="Saved views">.*?<\/nav>/s.exec(page)?.[0] ?? "";
    return [...nav.matchAll(/href="([^"]*)"( aria-current="page")?>(.*?)</g)].map(([, href, current, name]) => [
      name,
      href?.replaceAll("&amp;", "&"),
      current !== undefined,
    ]);
  };
  const undo = async (cookie: unknown) => {
    const text = String([cookie].flat()[0]).split(";")[0] ?? "";
    const page = (await app.inject({ url: "/", headers: { ...ACCEPT, cookie: text } })).body;
    const [, action = "", fields = ""] = /role="status">.*?action="([^"]*)">(.*?)<\/form>/s.exec(page) ?? [];
    const sent = [...fields.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name,
      value.replaceAll("&amp;", "&"),
    ]);
    return post(action, Object.fromEntries(sent));
  };
  expect((await app.inject({ url: "/", headers: ACCEPT })).body).not.toContain("Save this view");
  expect((await app.inject({ url: "/?tag=q2", headers: ACCEPT })).body).toContain("Save this view");
  const saved = await post("/views", { name: " Ours & theirs ", url: "/all?tag=q2&owner=Ann%20C&q=&page=3&evil=1" });
  expect(saved.headers.location).toBe("/all?tag=q2&owner=Ann+C");
  const ours = ["Ours & theirs".replace("&", "&amp;"), "/all?tag=q2&owner=Ann+C"];
  expect(await views("/paused")).toEqual([[...ours, false]]);
  // However the list in view spells what it asks for.
  expect(await views("/all?owner=Ann%20C&tag=q2&page=1")).toEqual([[...ours, true]]);
  const replaced = await post("/views", { name: "Ours & theirs", url: "/paused" });
  expect(await views("/")).toEqual([[ours[0], "/paused", false]]);
  await undo(replaced.headers["set-cookie"]);
  expect(await views("/")).toEqual([[...ours, false]]);
  const removed = await post("/views/remove", { name: "Ours & theirs" });
  expect(await views("/")).toEqual([]);
  await undo(removed.headers["set-cookie"]);
  expect(await views("/")).toEqual([[...ours, false]]);
  for (const wrong of [
    { name: "", url: "/" },
    { name: "x".repeat(61), url: "/" },
    { name: "\u200b", url: "/" },
    { name: "\u202etxt", url: "/" },
    { name: "x", url: "https://elsewhere.invalid/all" },
    { name: "x", url: "/activity" },
  ]) {
    const answer = await post("/views", wrong);
    expect([wrong.url, answer.statusCode, answer.headers.location]).toEqual(
      wrong.url.startsWith("https") ? [wrong.url, 302, "/"] : [wrong.url, 400, undefined],
    );
  }
  expect((await post("/views/remove", { name: "nobody" })).statusCode).toBe(404);
  await app.close();
});

test("everybody sees saved views, and editors change them", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context, GUARDED);
  const [vera, ed] = [await loggedIn(app, "vera"), await loggedIn(app, "ed")];
  expect((await vera.post("/views", { name: "Mine", url: "/all?tag=a" })).statusCode).toBe(403);
  expect((await ed.post("/views", { name: "Mine", url: "/all?tag=a" })).statusCode).toBe(302);
  const page = (await vera.get("/all?tag=a")).body;
  expect(page).toContain(">Mine</a>");
  expect(page).not.toContain("Remove this view");
  await app.close();
});

test("no more views are saved than a server keeps, also of those that come at the same time", async () => {
  const context = make.context();
  const app = openApp(context);
  const save = (name: string) => app.inject({ method: "POST", url: "/views", payload: { name, url: "/all?tag=a" } });
  const saved = await Promise.all(Array.from({ length: VIEWS_MAX + 3 }, (_, index) => save(`view ${index}`)));
  expect(saved.filter(({ statusCode }) => statusCode === 302)).toHaveLength(VIEWS_MAX);
  expect((await save("view 0")).statusCode).toBe(302);
  await app.close();
});

test("a view that nobody can have saved is left out, and the list goes on", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const { notes } = context.store;
  for (const [name, url] of [
    ["%E0%A4%A", "/all"],
    ["script", "javascript:alert(1)"],
    ["good", "/all?tag=q2"],
  ] as const)
    await notes.swap("views", name, null, url);
  const app = openApp(context);
  const page = await app.inject({ url: "/all", headers: ACCEPT });
  expect(page.statusCode).toBe(200);
  expect(page.body.match(/aria-label="Saved views">.*?<\/nav>/s)?.[0].match(/href="[^"]*"/g)).toEqual([
    'href="/all?tag=q2"',
  ]);
  await app.close();
});
