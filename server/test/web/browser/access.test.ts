/** Who comes in, how far, and what a form says that came too late. */
import { describe, expect, test } from "vitest";
import { LOGIN_TRIES_MAX } from "../../../src/web/access/login-tries.ts";
import { accessibilityProblems } from "../../support/browser.ts";
import { PASSWORD } from "../access/people.ts";
import { logIn, pathOf, press, storedIn, useGuarded } from "./guarded.ts";

const site = useGuarded();

describe.each([
  ["with JavaScript", true],
  ["without JavaScript", false],
])("%s", (_, javaScriptEnabled) => {
  test("a person logs in, is led to where they wanted to go, and logs out", async () => {
    const { page, complaints } = await site.open({ javaScriptEnabled });
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
    const { page } = await site.open({ javaScriptEnabled });
    for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) await logIn(page, "ada", "wrong password");
    await logIn(page, "ada");
    await page.getByRole("alert").getByText("Too many tries.").waitFor();
    await logIn(page, "ed");
    await page.waitForURL(`${site.url}/`);
  });

  test("a role that may not act is told so", async () => {
    const { page } = await site.open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/delete");
    await page.getByText("This needs the role admin. Yours is editor.").waitFor();
    expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(0);
  });

  test("a form that came after the logout comes back with what was written", async () => {
    const { page } = await site.open({ javaScriptEnabled });
    await logIn(page, "ed");
    await page.goto("/experiments/button/archive");
    await page.context().clearCookies();
    await press(page, "Archive");
    await page.getByText("You have been logged out.").waitFor();
    await page.getByLabel("Name").fill("ed");
    await page.getByLabel("Password").fill(PASSWORD);
    await press(page, "Log in");
    await page.getByText("Nothing was changed").waitFor();
    expect(await storedIn(site)).toMatchObject({ archived: false });
    await press(page, "Archive or unarchive");
    await page.getByText("Archived button.").waitFor();
  });
});

describe.each(["light", "dark"] as const)("in the %s theme axe finds nothing", (colorScheme) => {
  test("on the login, its refusals, forms shown again, notices and a wrong role", async () => {
    const { page, complaints } = await site.open({ colorScheme });
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
});
