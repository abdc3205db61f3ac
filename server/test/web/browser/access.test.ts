import { readFileSync } from "node:fs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { transformWithOxc } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Webhook } from "../../../src/domain/webhook.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import { Outbox } from "../../../src/service/alerts/outbox.ts";
import { scheduleKeeper } from "../../../src/service/keep-schedules.ts";
import { LOGIN_TRIES_MAX } from "../../../src/web/access/login-tries.ts";
import { accessibilityProblems, launchBrowser, openPage, type WatchedPage } from "../../support/browser.ts";
import * as make from "../../support/make.ts";
import { GUARDED, PASSWORD } from "../access/people.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";
import { useAddress } from "./dashboard.ts";

const WEBHOOK: Webhook = {
  id: "hook",
  url: "https://hooks.example.com/a",
  secret: undefined,
  events: undefined,
  format: "json",
};

const PLAN = {
  primary: { kpi: "", better: undefined, decides_on: undefined },
  ...{ secondary: [], guardrails: [], roll_back: undefined },
  ...{ baseline_rate: "0.3", baseline_mean: undefined, baseline_deviation: undefined },
  ...{ minimum_uplift: "0.5", power: "0.8", participants: "80" },
};

const address = useAddress();
let browser: Browser;
let context: make.TestContext;
let url: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  context = make.context();
  await createExperiment(context, "button", ["red", "blue"], { description: "The colour of the button." });
  await record(context, "button", [...crowd(0, 40, 10), ...crowd(1, 41, 15)]);
  const app = openApp(context, { ...GUARDED, webhooks: [WEBHOOK] });
  await address.serve(app);
  url = address.url();
  closing.push(() => app.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const opened = await openPage(browser, url, options);
  closing.push(opened.close);
  return opened;
}

async function logIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

const press = (page: Page, name: string) => page.getByRole("main").getByRole("button", { name, exact: true }).click();
const stored = async () => (await context.store.definitions.list())[0];
const pathOf = (page: Page) => new URL(page.url()).pathname;

describe.each([
  ["with JavaScript", true],
  ["without JavaScript", false],
])("%s", (_, javaScriptEnabled) => {
  test("a person logs in, is led to where they wanted to go, and logs out", async () => {
    const { page, complaints } = await open({ javaScriptEnabled });
    await page.goto("/activity?actor=ed");
    expect(pathOf(page)).toBe("/login");
    await page.getByLabel("Name").fill("ed");
    await page.getByLabel("Password").fill("wrong password");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("Wrong name or password.").waitFor();
    expect(await page.getByLabel("Name").inputValue()).toBe("ed");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/activity?actor=ed");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL("**/login");
    await page.goBack();
    await page.goto("/");
    expect(pathOf(page)).toBe("/login");
    expect(complaints).toEqual([]);
  });

  test("a name is locked out after too many tries", async () => {
    const { page } = await open({ javaScriptEnabled });
    for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) await logIn(page, "ada", "wrong password");
    await logIn(page, "ada");
    await page.getByRole("alert").getByText("Too many tries.").waitFor();
    await logIn(page, "ed");
    await page.waitForURL(`${url}/`);
  });

  test("a role that may not act is told so", async () => {
    const { page } = await open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/delete");
    await page.getByText("This needs the role admin. Yours is editor.").waitFor();
    expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(0);
  });

  test("archive and winner ask first, and can be undone", async () => {
    const { page, complaints } = await open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/archive");
    await page.getByText("Every visitor gets red (the control)").waitFor();
    await press(page, "Archive");
    expect(await stored()).toMatchObject({ archived: true });
    await press(page, "Undo");
    expect(await stored()).toMatchObject({ archived: false });
    await page.goto("/experiments/button/intake");
    await press(page, "Close the intake");
    await page.getByText("Intake closed since").waitFor();
    expect(await stored()).toHaveProperty("intakeClosedAtMs");
    await press(page, "Undo");
    await page.getByText("Undone.").waitFor();
    expect(await stored()).not.toHaveProperty("intakeClosedAtMs");
    await page.goto("/experiments/button/winner/blue");
    await press(page, "Give everybody blue");
    expect(await stored()).toMatchObject({ winner: "blue" });
    await page.getByRole("heading", { name: "When blue was set" }).waitFor();
    expect(await page.locator(".decided").textContent()).toContain("with 81 visitors");
    await press(page, "Undo");
    await page.getByText("Undone.").waitFor();
    expect(await stored()).toMatchObject({ winner: null });
    expect(complaints).toEqual([]);
  });

  test("pause and description act at once, and can be undone", async () => {
    const { page } = await open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/");
    await page.locator('form[action="/experiments/button/pause"] button').first().click();
    await page.getByText("Paused: everybody gets the control").waitFor();
    expect(await stored()).toMatchObject({ paused: true });
    await press(page, "Undo");
    await page.getByText("Undone.").waitFor();
    expect(await stored()).toMatchObject({ paused: false });
  });

  test("a schedule is set, refused with a time that is past, carried out, and taken away", async () => {
    const { page, complaints } = await open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/");
    await page.getByText("Schedule and webhooks").click();
    await page.getByRole("link", { name: "Set a schedule" }).click();
    await page.getByLabel("Ends at the latest").fill("2020-01-01T09:00");
    await page.getByLabel("When an alternative is shown worse").selectOption("pause");
    await press(page, "Save schedule");
    await page.getByText("a time that lies ahead").waitFor();
    expect(await page.getByLabel("When an alternative is shown worse").inputValue()).toBe("pause");
    await page.getByLabel("Ends at the latest").fill("2149-01-01T09:00");
    await page.getByLabel("Takes visitors in from").fill("2147-01-01T09:00");
    await page.getByLabel("Intake closes").selectOption("at_planned_size");
    await press(page, "Save schedule");
    await page.getByText("has to be never or a time until a size is planned, not the planned size.").waitFor();
    await setPlan(context, { name: "button", actor: "ed" }, PLAN);
    await press(page, "Save schedule");
    await page.getByText("Intake opens 2147-01-01 09:00 (UTC)").waitFor();
    expect(await page.locator("#schedule").textContent()).toContain("Intake closes at 80 visitors");
    expect(await stored()).toMatchObject({
      intakeClosedAtMs: context.clock.nowMs(),
      schedule: { startsAtMs: Date.UTC(2147, 0, 1, 9), closeIntake: "planned-size" },
    });
    // 81 are there by then.
    const keep = scheduleKeeper(context);
    expect(await keep(Date.UTC(2147, 0, 1, 10))).toEqual([]);
    await page.reload();
    expect((await page.locator("#schedule").textContent())?.match(/done/g)).toHaveLength(2);
    await page.getByRole("listitem").filter({ hasText: "Intake closes" }).getByRole("button").click();
    await page.getByText("Undone.").waitFor();
    await page.getByRole("link", { name: "Change the schedule" }).click();
    await page.getByLabel("Takes visitors in from").fill("");
    await page.getByLabel("Intake closes").selectOption("at");
    await page.getByLabel("At the time").fill("2148-01-01T09:00");
    await page.getByLabel("Goes on measuring").fill("30");
    await press(page, "Save schedule");
    await page.getByText("Experiment ends").waitFor();
    expect(await page.locator("#schedule").textContent()).toContain("Intake closes 2148-01-01 09:00 (UTC)");
    expect(await stored()).toMatchObject({
      schedule: { onHarm: "pause", measureForDays: 30, endsAtMs: Date.UTC(2149, 0, 1, 9) },
    });
    const after = Date.UTC(2148, 0, 1, 10);
    expect(await keep(after)).toEqual([]);
    await page.reload();
    await press(page, "Take it back");
    await page.getByText("Undone.").waitFor();
    expect(await stored()).not.toHaveProperty("intakeClosedAtMs");
    await page.goto("/experiments/button/schedule");
    await press(page, "Take the schedule away");
    await page.getByText("Took the schedule away.").waitFor();
    expect(await stored()).not.toHaveProperty("schedule");
    expect(complaints).toEqual([]);
  });

  test("an experiment is muted, and a webhook is tried", async () => {
    const { page, complaints } = await open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/");
    await page.getByText("Schedule and webhooks").click();
    await press(page, "Mute for webhooks");
    await page.getByText("Webhooks hear nothing of button").waitFor();
    expect(await stored()).toMatchObject({ muted: true });
    await page.getByRole("link", { name: "Alerts" }).click();
    await press(page, "Send a test");
    await page.getByText("A test is on its way to hooks.example.com.").waitFor();
    await page.getByRole("cell", { name: "on its way" }).waitFor();
    const outbox = new Outbox(context.store);
    const [kept] = await outbox.list();
    const taken = kept && (await outbox.take(kept, context.clock.nowMs()));
    if (taken === undefined) throw new Error("Expected the test message");
    await outbox.settle(taken, { delivered: false, last: "503" }, context.clock.nowMs());
    await page.reload();
    await press(page, "Try again");
    await page.getByText("The message is tried again within five seconds.").waitFor();
    expect((await outbox.list())[0]?.delivery.nextAtMs).toBe(context.clock.nowMs());
    expect(complaints).toEqual([]);
  });

  test("a form that came after the logout comes back with what was written", async () => {
    const { page } = await open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/archive");
    await page.context().clearCookies();
    await press(page, "Archive");
    await page.getByText("You have been logged out.").waitFor();
    await page.getByLabel("Name").fill("ed");
    await page.getByLabel("Password").fill(PASSWORD);
    await press(page, "Log in");
    await page.getByText("Nothing was changed").waitFor();
    expect(await stored()).toMatchObject({ archived: false });
    await press(page, "Archive or unarchive");
    await page.getByText("Archived button.").waitFor();
  });

  test("reset and delete want the name typed, offer the figures, and come back", async () => {
    const { page, complaints } = await open({ javaScriptEnabled });
    await logIn(page, "ada");
    await page.goto("/experiments/button/delete");
    await page.getByText("81 visitors").waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), press(page, "Export CSV first")]);
    expect(download.suggestedFilename()).toBe("sixpack_export_button.csv");
    await page.getByLabel("Type button to go on").fill("link");
    await press(page, "Delete");
    await page.getByRole("alert").getByText("Type the name of the experiment").waitFor();
    await page.getByLabel("Type button to go on").fill("button");
    await press(page, "Delete");
    await page.getByText("Deleted button.").waitFor();
    expect(await stored()).toBeUndefined();
    await page.goto("/removed");
    await page.getByRole("button", { name: /^Restore button, deleted/ }).click();
    await page.getByText("Restored button.").waitFor();

    await page.goto("/experiments/button/reset");
    await page.getByLabel("Type button to go on").fill("button");
    await press(page, "Reset");
    await page.getByText("Reset button.").waitFor();
    const anew = await stored();
    if (anew !== undefined) expect(await context.store.tallies.read(anew)).toEqual([]);
    await press(page, "Restore");
    await page.getByText("Restored button.").waitFor();
    const back = await stored();
    if (back !== undefined) expect(await context.store.tallies.read(back)).not.toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe("dialogs", () => {
  /** The island alone, as the pages' bundle starts it. */
  async function startIsland(page: Page): Promise<void> {
    const source = readFileSync(new URL("../../../src/web/islands/dialog.ts", import.meta.url), "utf8");
    const { code } = await transformWithOxc(source, "dialog.ts");
    await page.evaluate(`${code.replaceAll("export function", "function")}; openDialogs(document);`);
  }

  async function openQuestion(theme: "light" | "dark") {
    const opened = await open({ colorScheme: theme });
    const { page } = opened;
    await logIn(page, "ada");
    await page.goto("/experiments/button/winner");
    await startIsland(page);
    await page.getByRole("link", { name: "Use blue" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Give everybody blue?" }).waitFor();
    return opened;
  }

  test.each(["light", "dark"] as const)(
    "show the question, by keyboard, without a finding of axe in %s",
    async (theme) => {
      const { page, complaints } = await openQuestion(theme);
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      expect(await page.getByRole("dialog").count()).toBe(0);
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Use blue");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").getByRole("link", { name: "Cancel" }).click();
      expect(await page.getByRole("dialog").count()).toBe(0);
      expect(pathOf(page)).toBe("/experiments/button/winner");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").getByRole("button", { name: "Give everybody blue" }).click();
      await page.getByText("Everybody gets blue now.").waitFor();
      expect(complaints).toEqual([]);
    },
  );

  test("leave to the page what they can't show", async () => {
    const { page } = await open();
    await logIn(page, "ada");
    await page.goto("/experiments/button/winner");
    await startIsland(page);
    await page.context().clearCookies();
    await page.getByRole("link", { name: "Use blue" }).click();
    await page.waitForURL("**/login?next=*");
  });
});

const PAGES = [
  "/activity",
  "/activity?actor=nobody",
  "/removed",
  "/experiments/button/reset",
  "/experiments/button/delete",
  "/experiments/button/archive",
  "/experiments/button/winner",
  "/experiments/button/winner/blue",
  "/experiments/nobody/reset",
];

describe.each(["light", "dark"] as const)("in the %s theme axe finds nothing", (colorScheme) => {
  test("on the pages of actions and of the log", async () => {
    const { page, complaints } = await open({ colorScheme });
    await logIn(page, "ada");
    await page.goto("/experiments/button/archive");
    await press(page, "Archive");
    for (const path of PAGES) {
      await page.goto(path);
      expect([path, ...(await accessibilityProblems(page))]).toEqual([path]);
    }
    expect(complaints).toEqual([]);
  });

  test("on the login, its refusals, forms shown again, notices and a wrong role", async () => {
    const { page, complaints } = await open({ colorScheme });
    await page.goto("/login");
    expect(await accessibilityProblems(page)).toEqual([]);
    await logIn(page, "ada", "wrong password");
    expect(await accessibilityProblems(page)).toEqual([]);
    await logIn(page, "ed");
    await page.goto("/experiments/button/reset");
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.goto("/experiments/button/archive");
    await press(page, "Archive");
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.goto("/experiments/button/archive");
    await page.context().clearCookies({ name: "_csrf_token" });
    await press(page, "Take back");
    await page.getByText("Nothing was changed").waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("on a page of removed experiments that has some", async () => {
    const experiment = await stored();
    if (experiment !== undefined) await context.store.lives.remove(experiment, context.clock.nowMs(), undefined);
    const { page } = await open({ colorScheme });
    await logIn(page, "ada");
    await page.goto("/removed");
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
