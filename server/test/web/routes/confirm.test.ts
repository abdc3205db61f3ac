import { describe, expect, test } from "vitest";
import { batchReason, withEpoch } from "../../../src/domain/epochs.ts";
import { RESTORABLE_MS } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import { Browser, tokenIn } from "../access/people.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

async function dashboard() {
  const context = make.context();
  await createExperiment(context, "button", ["red", "blue", "reset"]);
  await record(context, "button", [...crowd(0, 4, 1), ...crowd(1, 1_200, 3)]);
  await record(context, "button", [
    { client: "k", index: 0, converts: ["sales"] },
    { client: "out", index: null },
  ]);
  const app = openApp(context, { csrfDisabled: false });
  const browser = new Browser(app);
  // The server writes down what a first reading finds, such as a broken split: afterwards only people change anything.
  await browser.get("/experiments/button/");
  const stored = async () => (await context.store.definitions.list())[0];
  return { context, app, browser, stored };
}

/** The page after a redirect. */
async function follow(browser: Browser, answer: { readonly headers: { readonly location?: unknown } }) {
  return (await browser.get(String(answer.headers.location))).body;
}

/** The undo form of a page, sent. */
async function pressUndo(browser: Browser, html: string) {
  const form = /<form method="post" action="([^"]+)">(?:(?!<\/form>).)*(?:Undo|Restore)<\/button><\/form>/.exec(html);
  const fields = [...(form?.[0] ?? "").matchAll(/name="([^"]+)" value="([^"]*)"/g)];
  return browser.post(form?.[1] ?? "/no-form", Object.fromEntries(fields.map(([, name, value]) => [name, value])));
}

describe("the page before a reset or delete", () => {
  test.each(["reset", "delete"])("%s says what is lost, offers the export, and asks for the name", async (path) => {
    const { browser } = await dashboard();
    for (const url of [`/experiments/button/${path}`, `/experiments/button/${path}/`]) {
      const { statusCode, body } = await browser.get(url);
      expect(statusCode).toBe(200);
      expect(body).toContain("1,205 visitors");
      expect(body).toContain("4 conversions</li>");
      expect(body).toContain("1 conversion of sales");
      expect(body).toContain("1 visitor left out<");
      expect(body).toContain('action="/experiments/button/export"');
      expect(body).toContain(`action="/experiments/button/${path}/"`);
      expect(body).toContain('name="confirm_name"');
      expect(body).toContain("7 days");
    }
  });

  test("names no KPI that nobody reached", async () => {
    const { browser, context } = await dashboard();
    await createExperiment(context, "quiet");
    await record(context, "quiet", [{ client: "k", index: 0, converts: ["sales"] }]);
    const { body } = await browser.get("/experiments/quiet/reset");
    expect(body).toContain("1 conversion of sales");
    expect(body).not.toContain("0 conversions");
  });

  test.each(["reset", "delete"])("%s does nothing when another name is typed, and asks again", async (path) => {
    const { browser, stored } = await dashboard();
    const before = await stored();
    for (const typed of ["", "Button", "butto", "button2"]) {
      const answer = await browser.post(`/experiments/button/${path}/`, { confirm_name: typed });
      expect(answer.statusCode).toBe(400);
      expect(answer.body).toContain("Type the name of the experiment");
      expect(answer.body).toContain('name="confirm_name"');
    }
    expect(await stored()).toEqual(before);
    const json = await browser.post(
      `/experiments/button/${path}/`,
      { confirm_name: "other" },
      { accept: "application/json" },
    );
    expect(json.json()).toMatchObject({ status: "failed", code: "invalid-form" });
  });

  test("lets a delete be taken back from the next page", async () => {
    const { browser, stored } = await dashboard();
    const answer = await browser.post("/experiments/button/delete/", { confirm_name: " button " });
    expect(answer.headers.location).toBe("/");
    expect(await stored()).toBeUndefined();
    const list = await follow(browser, answer);
    expect(list).toContain("Deleted button.");
    const restored = await pressUndo(browser, list);
    expect(restored.headers.location).toBe("/experiments/button/");
    expect(await follow(browser, restored)).toContain("Restored button.");
    expect(await stored()).toMatchObject({ name: "button", kpis: [{ name: null }, { name: "sales" }] });
  });

  test("is 404 for an experiment that isn't there", async () => {
    const { browser } = await dashboard();
    for (const path of ["reset", "delete", "archive", "winner", "winner/red"]) {
      expect((await browser.get(`/experiments/nobody/${path}`)).statusCode).toBe(404);
    }
  });
});

describe("the pages before archive and winner", () => {
  test("say what visitors will get", async () => {
    const { browser } = await dashboard();
    expect((await browser.get("/experiments/button/archive")).body).toContain("red (the control)");
    expect((await browser.get("/experiments/button/winner/blue")).body).toContain(
      "Every visitor gets <strong>blue</strong>",
    );
    await browser.post("/experiments/button/winner/", { alternative_name: "blue" });
    expect((await browser.get("/experiments/button/archive")).body).toContain("Every visitor gets blue,");
    expect((await browser.get("/experiments/button/winner")).body).toContain("Go back to testing</button>");
    await browser.post("/experiments/button/archive", { archived: "true" });
    expect((await browser.get("/experiments/button/archive")).body).toContain('name="archived" value="false"');
  });

  test("have in view what the data say of a winner, and keep why it was chosen", async () => {
    const { browser, stored } = await dashboard();
    const question = (await browser.get("/experiments/button/winner/blue")).body;
    expect(question).toMatch(/notice-warning.*The data say: <strong>Do not use these results:/s);
    expect(question).toMatch(/blue: 0\.25% of 1,200 visitors/);
    const reason = "  The <b>old</b> page goes anyway.  ";
    const long = { alternative_name: "blue", reason: "x".repeat(1_001) };
    expect((await browser.post("/experiments/button/winner/", long)).statusCode).toBe(400);
    await browser.post("/experiments/button/winner/", { alternative_name: "blue", reason });
    expect((await stored())?.decided).toMatchObject({ winner: "blue", reason: reason.trim() });
    const page = (await browser.get("/experiments/button/")).body;
    expect(page).toContain("Reason: The &lt;b>old&lt;/b> page goes anyway.");
    expect((await browser.get("/experiments/button/summary.md")).body).toContain("Reason: The");
  });

  test("are left out below a verdict, whose evidence is in view: one click gives everybody the better one", async () => {
    const context = make.context();
    await createExperiment(context, "button");
    for (let day = 20; day < 29; day += 1) {
      await record(context, "button", [...crowd(0, 300, 30, `2025-02-${day}`), ...crowd(1, 300, 60, `2025-02-${day}`)]);
    }
    const browser = new Browser(openApp(context, { csrfDisabled: false }));
    const form = (html: string) => /<form class="buttons decide".*?<\/form>/s.exec(html)?.[0] ?? "";
    const { body } = await browser.get("/experiments/button/");
    expect(form(body)).toContain("Give everybody blue");
    expect(form(body)).toContain('name="alternative_name" value="blue"');
    const fields = { alternative_name: "blue", reason: "more orders" };
    const after = await follow(browser, await browser.post("/experiments/button/winner/", fields));
    expect(after).toContain("Decided:");
    expect(after).toContain("more orders");
    expect(after).toContain("Go back to testing");
    expect(form(after)).toBe("");
  });

  test("ask before an alternative is retired, and know only those that are there", async () => {
    const { browser, stored } = await dashboard();
    const url = "/experiments/button/alternatives/blue/retire";
    expect((await browser.get(url)).body).toContain("This can't be taken back");
    expect((await stored())?.alternatives[1]?.retiredInEpoch).toBeNull();
    expect((await browser.get("/experiments/button/alternatives/green/retire")).statusCode).toBe(404);
  });

  test("offer no alternative that was retired, wherever a winner is chosen", async () => {
    const { browser } = await dashboard();
    await browser.post("/experiments/button/alternatives/blue/retire");
    for (const path of ["winner", ""]) {
      const { body } = await browser.get(`/experiments/button/${path}`);
      expect(body).toContain("/experiments/button/winner/red");
      expect(body).not.toContain("/experiments/button/winner/blue");
    }
    expect((await browser.get("/experiments/button/winner/blue")).statusCode).toBe(404);
    expect((await browser.get("/experiments/button/alternatives/blue/retire")).statusCode).toBe(404);
    const refused = await browser.post("/experiments/button/winner/", { alternative_name: "blue" });
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain("blue&quot; is retired already.");
  });

  test("are there for an alternative that is called like an action, and not for one that isn't there", async () => {
    const { browser } = await dashboard();
    for (const url of ["/experiments/button/winner/reset", "/experiments/button/winner/reset/"]) {
      expect((await browser.get(url)).body).toContain('name="alternative_name" value="reset"');
    }
    expect((await browser.get("/experiments/button/winner/green")).statusCode).toBe(404);
  });

  test("hold one part each that a dialog can show", async () => {
    const { browser } = await dashboard();
    for (const path of ["reset", "delete", "archive", "winner", "winner/red"]) {
      const { body } = await browser.get(`/experiments/button/${path}`);
      expect(body.match(/data-dialog-content/g)).toHaveLength(1);
      expect(body).toContain("data-dialog-cancel");
    }
  });
});

describe("undo", () => {
  test.each([
    ["pause", { paused: "true" }, "Paused"],
    ["archive", { archived: "true" }, "Archived button."],
    ["winner/", { alternative_name: "blue" }, "Everybody gets blue now."],
    ["description", { description: "new" }, "Saved the description."],
    ["description", { description: "" }, "Saved the description."],
  ])("takes back %s with %o", async (path, form, text) => {
    const { browser, stored } = await dashboard();
    await browser.post("/experiments/button/description", { description: `old ${"x".repeat(9_000)}` });
    const before = await stored();
    const page = await follow(browser, await browser.post(`/experiments/button/${path}`, form));
    expect(page).toContain(text);
    expect(await stored()).not.toEqual(before);
    const undone = await follow(browser, await pressUndo(browser, page));
    expect(undone).toContain("Undone.");
    // The record of a decision stays, for whoever takes this back in turn.
    expect({ ...(await stored()), version: before?.version, decided: undefined }).toEqual(before);
  });

  test("takes back going back to testing", async () => {
    const { browser, stored } = await dashboard();
    await browser.post("/experiments/button/winner/", { alternative_name: "blue" });
    const page = await follow(browser, await browser.post("/experiments/button/winner/reset/"));
    await pressUndo(browser, page);
    expect(await stored()).toMatchObject({ winner: "blue" });
  });

  test("is refused with who and when where the same thing was changed since, and is in the log otherwise", async () => {
    const { browser, stored, context } = await dashboard();
    const page = await follow(browser, await browser.post("/experiments/button/pause", { paused: "true" }));
    context.pass(1_000);
    await browser.post("/experiments/button/pause", { paused: "false" });
    context.pass(1_000);
    await browser.post("/experiments/button/pause", { paused: "true" });
    const refused = await pressUndo(browser, page);
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain("pause by anyone, 2025-03-01 12:00 UTC");
    expect(await stored()).toMatchObject({ paused: true });
    const next = await follow(browser, await browser.post("/experiments/button/pause", { paused: "false" }));
    await pressUndo(browser, next);
    expect(await context.store.activity.read({ limit: 1 })).toMatchObject([
      { action: "pause", before: "running", after: "paused", actor: "anyone" },
    ]);
  });

  test("lets stand what else happened in between: other changes, and those that the server makes itself", async () => {
    const { browser, stored, context } = await dashboard();
    const page = await follow(browser, await browser.post("/experiments/button/pause", { paused: "true" }));
    await browser.post("/experiments/button/description", { description: "x" });
    const before = await stored();
    // As a bandit's next batch does, which no person asked for and no log knows of.
    if (before !== undefined) {
      const next = withEpoch(
        before,
        { weights: [0.2, 0.3, 0.5], policy: make.banditPolicy() },
        batchReason({ kind: "thompson" }),
        context.clock.nowMs(),
      );
      await context.store.definitions.change(next);
    }
    expect(await follow(browser, await pressUndo(browser, page))).toContain("Undone.");
    expect(await stored()).toMatchObject({
      paused: false,
      description: "x",
      epochs: [{}, { reason: "thompson batch" }],
    });
  });

  test("is refused after a reset, and for what is not in the log or has no way back", async () => {
    const { browser, stored, context } = await dashboard();
    const page = await follow(browser, await browser.post("/experiments/button/pause", { paused: "true" }));
    await browser.post("/experiments/button/reset/", { confirm_name: "button" });
    const refused = await pressUndo(browser, page);
    expect([refused.statusCode, refused.body.includes("reset by anyone")]).toEqual([409, true]);
    expect(await stored()).toMatchObject({ paused: false });
    const form = { at_ms: "1", action: "pause" };
    expect((await browser.post("/experiments/button/undo", form)).body).toContain("and there is none of that moment");
    const [reset] = await context.store.activity.read({ limit: 1 });
    const ofReset = { at_ms: String(reset?.atMs), action: "reset" };
    expect((await browser.post("/experiments/button/undo", ofReset)).body).toContain("can be taken back, not reset");
  });

  test("is not offered for what changed nothing", async () => {
    const { browser } = await dashboard();
    expect(await follow(browser, await browser.post("/experiments/button/pause", { paused: "false" }))).not.toContain(
      "Undo</button>",
    );
  });

  test("is offered once, for a short time, and by us only", async () => {
    const { browser, context } = await dashboard();
    const post = () => browser.post("/experiments/button/pause", { _csrf_token: token });
    const token = tokenIn((await browser.get("/experiments/button/reset")).body) ?? "";
    expect(await follow(browser, await post())).toContain("Undo</button>");
    expect((await browser.get("/")).body).not.toContain("Undo</button>");
    await post();
    context.pass(60_000);
    expect((await browser.get("/")).body).not.toContain("Undo</button>");
    browser.cookies.set("sixpack_flash", `${Buffer.from('{"text":"Evil","undo":null}').toString("base64url")}.x`);
    expect((await browser.get("/")).body).not.toContain("Evil");
  });
});

test("a schedule that is taken away before its start leaves the intake closed, and says so", async () => {
  const { browser } = await dashboard();
  const told = async (form: Record<string, string>) => {
    const page = await follow(browser, await browser.post("/experiments/button/schedule", form));
    return page.match(/(?:Saved|Took) the schedule[^<]*/)?.[0].trim();
  };
  expect(await told({ starts_at: "2999-01-01T09:00" })).toBe("Saved the schedule.");
  expect(await told({ clear: "true" })).toBe(
    "Took the schedule away. The intake stays closed until somebody opens it.",
  );
  await browser.post("/experiments/button/intake", { intake: "open" });
  expect(await told({ ends_at: "2999-01-01T09:00" })).toBe("Saved the schedule.");
  expect(await told({ clear: "true" })).toBe("Took the schedule away.");
});

describe("removed experiments", () => {
  test("stand with their time for 7 days, and each life comes back on its own", async () => {
    const { browser, context, stored } = await dashboard();
    const first = await stored();
    expect((await browser.get("/removed")).body).toContain("Nothing was reset or deleted");
    await browser.post("/experiments/button/reset/", { confirm_name: "button" });
    context.pass(3_600_000);
    await browser.post("/experiments/button/reset/", { confirm_name: "button" });
    const { body } = await browser.get("/removed");
    expect(body.match(/aria-label="Restore button/g)).toHaveLength(2);
    expect(body).toContain("2025-03-01 12:00 UTC");
    expect(body).toContain("2025-03-08 12:00 UTC");
    expect(body.indexOf("2025-03-01 13:00 UTC")).toBeLessThan(body.indexOf("2025-03-01 12:00 UTC"));

    const incarnation = String(first?.life);
    expect((await browser.post("/experiments/button/restore/", { incarnation })).statusCode).toBe(302);
    expect(await stored()).toMatchObject({ life: first?.life, kpis: [{ name: null }, { name: "sales" }] });
    context.pass(RESTORABLE_MS);
    expect((await browser.get("/removed")).body).toContain("Nothing was reset or deleted");
  });
});
