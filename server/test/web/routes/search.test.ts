import { expect, test } from "vitest";
import { setAbout } from "../../../src/service/administer/acts/ownership.ts";
import { setArchived } from "../../../src/service/administer/acts/state.ts";
import * as make from "../../support/make.ts";
import { GUARDED, loggedIn } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

test("finds experiments by name, owner and tag, lists and pages, and acts for whoever may do them", async () => {
  const context = make.context();
  for (const name of ["old-button", "button-text", "my-button", "headline"]) await createExperiment(context, name);
  await setArchived(context, { name: "old-button", actor: "x" }, true);
  await setAbout(context, { name: "headline", actor: "x" }, { owner: "Button team", tags: ["q2"] });
  const app = openApp(context, GUARDED);
  const [vera, ed] = [await loggedIn(app, "vera"), await loggedIn(app, "ed")];
  const linksOf = (html: string) =>
    [
      ...((html.split('id="found"')[1] ?? "")
        .split("</main>")[0]
        ?.matchAll(/<(?:a href|form method="post" action)="([^"]*)"/g) ?? []),
    ].map(([, url]) => url);
  // A name that begins so, then one that holds it, then what people say of it; what is archived stands behind its like.
  expect(linksOf((await vera.get("/search?q=button")).body)).toEqual([
    "/experiments/button-text/",
    "/experiments/my-button/",
    "/experiments/old-button/",
    "/experiments/headline/",
    "/all?owner=Button%20team",
  ]);
  expect(linksOf((await vera.get("/search?q=q2")).body)).toEqual(["/experiments/headline/", "/all?tag=q2"]);
  expect(linksOf((await vera.get("/search?q=new+exp")).body)).toEqual([]);
  expect(linksOf((await ed.get("/search?q=new+exp")).body)).toEqual(["/new"]);
  expect(linksOf((await ed.get("/search?q=pause&on=headline")).body)).toEqual([
    "/experiments/headline/pause",
    "/paused",
  ]);
  expect(linksOf((await vera.get("/search?q=pause&on=headline")).body)).toEqual(["/paused"]);
  expect(linksOf((await ed.get("/search?q=delete&on=headline")).body)).toEqual([]);
  expect((await vera.get("/search?q=%3Cscript%3E")).body).toContain("0 results.");
  await app.close();
});
