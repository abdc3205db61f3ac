import { describe, expect, test } from "vitest";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";
import { Browser, GUARDED, loggedIn, PASSWORD, tokenIn } from "./people.ts";

async function dashboard(options = GUARDED) {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context, options);
  return { context, app, paused: async () => (await context.store.definitions.list())[0]?.paused };
}

describe("a form that comes too late", () => {
  test("after the session has ended comes back with its content after the login, and then works", async () => {
    const { app, context } = await dashboard();
    const browser = await loggedIn(app, "ed");
    const token = tokenIn((await browser.get("/removed")).body) ?? "";
    browser.cookies.delete("sixpack_session");
    const form = { description: "four <hours> of work", _csrf_token: token };
    const asked = await browser.post("/experiments/button/description", form);
    expect(asked.statusCode).toBe(401);
    expect(asked.body).toContain("You have been logged out.");

    const fields = Object.fromEntries(
      [...asked.body.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
        name,
        value.replaceAll("&lt;", "<").replaceAll("&amp;", "&"),
      ]),
    );
    const again = await browser.post("/login", { ...fields, name: "ed", password: PASSWORD });
    expect(again.statusCode).toBe(200);
    expect(again.body).toContain("four &lt;hours> of work</textarea>");
    expect(again.body).toContain('action="/experiments/button/description"');
    expect((await context.store.definitions.list())[0]?.description).toBeNull();

    const sent = await browser.post("/experiments/button/description", {
      description: "four <hours> of work",
      _csrf_token: tokenIn(again.body.slice(again.body.indexOf("<main"))) ?? "",
    });
    expect(sent.statusCode).toBe(302);
    expect((await context.store.definitions.list())[0]?.description).toBe("four <hours> of work");
  });

  test("comes back with every value of a field that it has several times, as often as it comes back", async () => {
    const { app } = await dashboard();
    const browser = await loggedIn(app, "ed");
    browser.cookies.delete("sixpack_session");
    const form = { layer: "checkout", slice_percent: ["10", "20"] };
    const asked = await browser.post("/experiments/button/layer", form);
    const hidden = (body: string) =>
      [...body.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
        name,
        value,
      ]);
    const pending = hidden(asked.body).filter(([name]) => name?.startsWith("pending."));
    expect(pending).toEqual([
      ["pending.layer", "checkout"],
      ["pending.slice_percent", "10"],
      ["pending.slice_percent", "20"],
    ]);
    const login = { name: "ed", password: PASSWORD, pending_path: "/experiments/button/layer" };
    const fields = { ...login, "pending.layer": "checkout", "pending.slice_percent": ["10", "20"] };
    const again = await browser.post("/login", { ...fields, _csrf_token: tokenIn(asked.body) ?? "" });
    expect(hidden(again.body.slice(again.body.indexOf("<main"))).filter(([name]) => name === "slice_percent")).toEqual([
      ["slice_percent", "10"],
      ["slice_percent", "20"],
    ]);
  });

  test("with the token of an earlier session comes back with a fresh one, and changes nothing before", async () => {
    const { app, paused } = await dashboard();
    const browser = await loggedIn(app, "ed");
    const old = tokenIn((await browser.get("/removed")).body) ?? "";
    await browser.post("/logout");
    await browser.logIn("ed");
    const answer = await browser.post("/experiments/button/pause", { paused: "true", _csrf_token: old });
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('name="paused" value="true"');
    expect(await paused()).toBe(false);
    const fresh = tokenIn(answer.body) ?? "";
    expect((await browser.post("/experiments/button/pause", { paused: "true", _csrf_token: fresh })).statusCode).toBe(
      302,
    );
    expect(await paused()).toBe(true);
  });

  test("from another site never comes back after a login either", async () => {
    const { app } = await dashboard();
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "http://evil.example" }]) {
      const browser = new Browser(app);
      const form = { confirm_name: "button", _csrf_token: "x.y" };
      const asked = await browser.post("/experiments/button/delete", form, headers);
      expect(asked.statusCode).toBe(403);
      expect(asked.body).not.toContain("pending");
      // Nor by way of the login itself.
      const pending = { pending_path: "/experiments/button/delete", "pending.confirm_name": "button" };
      expect((await browser.logIn("ada", PASSWORD, { ...pending })).body).not.toContain('value="button"');
      expect((await browser.post("/login", { name: "ada", password: PASSWORD, ...pending }, headers)).statusCode).toBe(
        403,
      );
    }
  });

  test("asks for the name of what goes once more, and takes nothing without it", async () => {
    const { app, context } = await dashboard();
    const browser = await loggedIn(app, "ada");
    const token = tokenIn((await browser.get("/removed")).body) ?? "";
    browser.cookies.delete("sixpack_session");
    const asked = await browser.post("/experiments/button/delete", { confirm_name: "button", _csrf_token: token });
    expect(asked.body).toContain('name="pending.confirm_name" value/>');
    const again = await browser.logIn("ada", PASSWORD, {
      pending_path: "/experiments/button/delete",
      pending_label: "Delete",
      "pending.confirm_name": "button",
    });
    expect(again.body).toContain('name="confirm_name" value/>');
    const fresh = tokenIn(again.body.slice(again.body.indexOf("<main"))) ?? "";
    const sent = await browser.post("/experiments/button/delete", { confirm_name: "", _csrf_token: fresh });
    expect(sent.body).toContain("Type the name of the experiment");
    expect(await context.store.definitions.list()).toHaveLength(1);
  });

  test("from another site never comes back", async () => {
    const { app } = await dashboard();
    const browser = await loggedIn(app, "ed");
    const answer = await browser.post(
      "/experiments/button/pause",
      { _csrf_token: "x.y" },
      { "sec-fetch-site": "cross-site" },
    );
    expect(answer.statusCode).toBe(403);
    expect(answer.body).not.toContain('action="/experiments/button/pause"');
  });

  test("can only lead back to a path of ours", async () => {
    const { app } = await dashboard();
    const answer = await new Browser(app).logIn("ed", PASSWORD, {
      pending_path: "//evil.example/steal",
      pending_label: "<b>Go</b>",
      "pending.description": "x",
    });
    expect(answer.body).toContain('action="/"');
    expect(answer.body).not.toContain("<b>Go");
  });
});
