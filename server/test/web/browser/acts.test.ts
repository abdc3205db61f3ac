/** What people do to an experiment, each from its button to what is stored, and back. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { transformWithOxc } from "vite";
import { describe, expect, test } from "vitest";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import { Outbox } from "../../../src/service/alerts/outbox.ts";
import { scheduleKeeper } from "../../../src/service/keep-schedules.ts";
import { accessibilityProblems } from "../../support/browser.ts";
import { logIn, pathOf, press, storedIn, useGuarded } from "./guarded.ts";

const PLAN = {
  primary: { kpi: "", better: undefined, decides_on: undefined },
  ...{ secondary: [], guardrails: [], roll_back: undefined },
  ...{ baseline_rate: "0.3", baseline_mean: undefined, baseline_deviation: undefined },
  ...{ minimum_uplift: "0.5", power: "0.8", participants: "80" },
};

const site = useGuarded();

describe.each([
  ["with JavaScript", true],
  ["without JavaScript", false],
])("%s", (_, javaScriptEnabled) => {
  test("archive and winner ask first, and can be undone", async () => {
    const { page, complaints } = await site.open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/archive");
    await page.getByText("Every visitor gets red (the control)").waitFor();
    await press(page, "Archive");
    expect(await storedIn(site)).toMatchObject({ archived: true });
    await press(page, "Undo");
    expect(await storedIn(site)).toMatchObject({ archived: false });
    await page.goto("/experiments/button/intake");
    await press(page, "Close the intake");
    await page.getByText("Intake closed since").waitFor();
    expect(await storedIn(site)).toHaveProperty("intakeClosedAtMs");
    await press(page, "Undo");
    await page.getByText("Undone.").waitFor();
    expect(await storedIn(site)).not.toHaveProperty("intakeClosedAtMs");
    await page.goto("/experiments/button/winner/blue");
    await press(page, "Give everybody blue");
    expect(await storedIn(site)).toMatchObject({ winner: "blue" });
    await page.getByRole("heading", { name: "When blue was set" }).waitFor();
    expect(await page.locator("#decision").textContent()).toContain("with 81 visitors");
    await press(page, "Undo");
    await page.getByText("Undone.").waitFor();
    expect(await storedIn(site)).toMatchObject({ winner: null });
    expect(complaints).toEqual([]);
  });

  test("pause and description act at once, and can be undone", async () => {
    const { page } = await site.open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/");
    await page.locator('form[action="/experiments/button/pause"] button').first().click();
    await page.getByText("Paused: everybody gets the control").waitFor();
    expect(await storedIn(site)).toMatchObject({ paused: true });
    await press(page, "Undo");
    await page.getByText("Undone.").waitFor();
    expect(await storedIn(site)).toMatchObject({ paused: false });
  });

  test("a schedule is set, refused with a time that is past, carried out, and taken away", async () => {
    const { page, complaints } = await site.open({ javaScriptEnabled });
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
    await setPlan(site.context, { name: "button", actor: "ed" }, PLAN);
    await press(page, "Save schedule");
    await page.getByText("Intake opens 2147-01-01 09:00 (UTC)").waitFor();
    expect(await page.locator("#schedule").textContent()).toContain("Intake closes at 80 visitors");
    expect(await storedIn(site)).toMatchObject({
      intakeClosedAtMs: site.context.clock.nowMs(),
      schedule: { startsAtMs: Date.UTC(2147, 0, 1, 9), closeIntake: "planned-size" },
    });
    // 81 are there by then.
    const keep = scheduleKeeper(site.context);
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
    expect(await storedIn(site)).toMatchObject({
      schedule: { onHarm: "pause", measureForDays: 30, endsAtMs: Date.UTC(2149, 0, 1, 9) },
    });
    const after = Date.UTC(2148, 0, 1, 10);
    expect(await keep(after)).toEqual([]);
    await page.reload();
    await press(page, "Take it back");
    await page.getByText("Undone.").waitFor();
    expect(await storedIn(site)).not.toHaveProperty("intakeClosedAtMs");
    await page.goto("/experiments/button/schedule");
    await press(page, "Take the schedule away");
    await page.getByText("Took the schedule away.").waitFor();
    expect(await storedIn(site)).not.toHaveProperty("schedule");
    expect(complaints).toEqual([]);
  });

  test("an experiment is muted, and a webhook is tried", async () => {
    const { page, complaints } = await site.open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/");
    await page.getByText("Schedule and webhooks").click();
    await press(page, "Mute for webhooks");
    await page.getByText("Webhooks hear nothing of button").waitFor();
    expect(await storedIn(site)).toMatchObject({ muted: true });
    await page.getByRole("link", { name: "Alerts" }).click();
    await press(page, "Send a test: hooks.example.com");
    await page.getByText("A test is on its way to hooks.example.com.").waitFor();
    await page.getByRole("cell", { name: "on its way" }).waitFor();
    const outbox = new Outbox(site.context.store);
    const [kept] = await outbox.list();
    const taken = kept && (await outbox.take(kept, site.context.clock.nowMs()));
    if (taken === undefined) throw new Error("Expected the test message");
    await outbox.settle(taken, { delivered: false, last: "503" }, site.context.clock.nowMs());
    await page.reload();
    await press(page, "Try again");
    await page.getByText("The message is tried again within five seconds.").waitFor();
    expect((await outbox.list())[0]?.delivery.nextAtMs).toBe(site.context.clock.nowMs());
    expect(complaints).toEqual([]);
  });

  test("reset and delete want the name typed, offer the figures, and come back", async () => {
    const { page, complaints } = await site.open({ javaScriptEnabled });
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
    expect(await storedIn(site)).toBeUndefined();
    await page.goto("/removed");
    await page.getByRole("button", { name: /^Restore button, deleted/ }).click();
    await page.getByText("Restored button.").waitFor();

    await page.goto("/experiments/button/reset");
    await page.getByLabel("Type button to go on").fill("button");
    await press(page, "Reset");
    await page.getByText("Reset button.").waitFor();
    const anew = await storedIn(site);
    if (anew !== undefined) expect(await site.context.store.tallies.read(anew)).toEqual([]);
    await press(page, "Restore");
    await page.getByText("Restored button.").waitFor();
    const back = await storedIn(site);
    if (back !== undefined) expect(await site.context.store.tallies.read(back)).not.toEqual([]);
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
    const opened = await site.open({ colorScheme: theme });
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
    const { page } = await site.open();
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
    const { page, complaints } = await site.open({ colorScheme });
    await logIn(page, "ada");
    await page.goto("/experiments/button/archive");
    await press(page, "Archive");
    for (const path of PAGES) {
      await page.goto(path);
      expect([path, ...(await accessibilityProblems(page))]).toEqual([path]);
    }
    expect(complaints).toEqual([]);
  });

  test("on a page of removed experiments that has some", async () => {
    const experiment = await storedIn(site);
    if (experiment !== undefined)
      await site.context.store.lives.remove(experiment, site.context.clock.nowMs(), undefined);
    const { page } = await site.open({ colorScheme });
    await logIn(page, "ada");
    await page.goto("/removed");
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
