/** What pages do by JavaScript alone: search, dialogs, charts by keyboard, and changing under one's eyes. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { setArchived, setWinner } from "../../../src/service/administer/acts/state.ts";
import { accessibilityProblems } from "../../support/browser.ts";
import { createExperiment, record } from "../support.ts";
import { type Dashboard, planned, startDashboard, TWO_KPIS, useBrowser } from "./dashboard.ts";

const browser = useBrowser();
let dashboard: Dashboard & { readonly close: () => Promise<void> };

beforeAll(async () => {
  dashboard = await startDashboard([TWO_KPIS]);
});
afterAll(() => dashboard.close());

test("`/` and Ctrl K open the search over any page, and the keyboard alone finds, acts and leaves", async () => {
  const { page, complaints, close } = await browser.open(`${dashboard.url}/method`);
  await page.keyboard.press("/");
  const palette = page.getByRole("dialog", { name: "Search" });
  await palette.getByRole("link", { name: "checkout-button" }).waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("checkout-b");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/experiments/checkout-button/");
  // Acts are those of the experiment in view; a letter typed among them goes on in the search.
  await page.keyboard.press("/");
  await page.keyboard.type("paus");
  await palette.getByRole("button", { name: "Pause" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.type("e");
  expect(await palette.getByRole("searchbox").inputValue()).toBe("pause");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator("#state", { hasText: "Paused" }).waitFor();
  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await page.locator("#state", { hasText: "Active" }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test.each([true, false])(
  "a plan says what it takes before it is set, with JavaScript: %s",
  async (javaScriptEnabled) => {
    const { page, complaints, close } = await browser.open(`${dashboard.url}/experiments/checkout-button/`, {
      javaScriptEnabled,
    });
    await page.getByText("Plan this experiment").click();
    const answer = page.locator(".plan-answer");
    const fill = async (label: string, text: string) => {
      await page.getByLabel(label).fill(text);
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Work it out" }).click();
    };
    const visitors = async () => Number(/^[\d,]+/.exec((await answer.textContent()) ?? "")?.[0].replaceAll(",", ""));
    await fill("Smallest uplift that matters", "10");
    await answer.getByText("visitors in all").waitFor();
    const first = await visitors();
    await fill("Smallest uplift that matters", "5");
    // Half the uplift takes four times the visitors.
    await expect.poll(visitors).toBeGreaterThan(3 * first);
    expect(await page.locator(".plan-outlook").textContent()).toContain("80% of the time");
    await fill("Power", "95");
    await page.locator(".plan-outlook").getByText("95% of the time").waitFor();
    // Half a field is no plan: nothing stands there that is not of it.
    if (javaScriptEnabled) {
      await page.getByLabel("Smallest uplift that matters").fill("");
      await expect.poll(() => page.locator(".plan-answer").textContent()).toBe("");
    }
    expect(complaints).toEqual([]);
    await close();
  },
);

test("what is ticked in the list stays ticked, in its row, when other rows come and go", async () => {
  // A lot is undone by its moment, and the clock of the other tests stands still.
  const own = await startDashboard([]);
  for (const name of ["kept", "comes-and-goes"]) await createExperiment(own.context, name);
  const { page, close } = await browser.open(own.url);
  await page.locator('input[value="kept"]').check();
  await setArchived(own.context, { name: "comes-and-goes", actor: "ada" }, true);
  await page.locator('[id="row-comes-and-goes"]').waitFor({ state: "detached" });
  expect(await page.locator(".pick input:checked").inputValue()).toBe("kept");
  await page.getByRole("textbox", { name: "Tag" }).fill("picked");
  await page.getByRole("button", { name: "Add tag" }).click();
  await page.getByText("Added the tag picked to 1 experiment.").waitFor();
  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await page.getByText("Undone for 1 experiment.").waitFor();
  await close();
  await own.close();
});

test("moments are told by the reader's clock, and in UTC on their title, also after a refresh", async () => {
  const { store, clock } = dashboard.context;
  const experiment = await store.definitions.read(TWO_KPIS.name);
  if (experiment === undefined) throw new Error("Expected an experiment");
  const tell = (after: string) =>
    store.activity.append({
      atMs: clock.nowMs(),
      experiment: experiment.name,
      actor: "ada",
      action: "describe",
      before: null,
      after,
    });
  await tell("one");
  const { page, close } = await browser.open(`${dashboard.url}/experiments/${TWO_KPIS.name}/`, {
    timezoneId: "America/New_York",
  });
  const cell = () => page.locator("#activity time").first();
  await expect.poll(() => cell().textContent()).toBe("2025-03-01 07:00 EST");
  expect(await cell().getAttribute("title")).toBe("2025-03-01 12:00 UTC");
  await tell("two");
  await record(dashboard.context, TWO_KPIS.name, [{ client: "one-more", index: 0 }]);
  await page.getByText("two", { exact: true }).waitFor();
  expect(await cell().textContent()).toBe("2025-03-01 07:00 EST");
  await close();
});

test("the chart is read by keyboard", async () => {
  const { page, complaints, close } = await browser.open(
    `${dashboard.url}/experiments/checkout-button/?chart=cumulative`,
  );
  const chart = page.getByRole("slider");
  await chart.focus();
  expect(await chart.getAttribute("aria-valuetext")).toMatch(/^2025-03-01, red 5\.11%, blue 5\.68%/);
  await page.keyboard.press("ArrowLeft");
  expect(await chart.getAttribute("aria-valuetext")).toMatch(/^2025-02-28/);
  await page.keyboard.press("Home");
  expect(await chart.getAttribute("aria-valuetext")).toMatch(/^2025-01-27/);
  expect(await page.locator(".chart-tip").textContent()).toContain("2025-01-27");
  expect(await page.locator(".chart-cross").count()).toBe(1);
  expect(complaints).toEqual([]);
  await close();
});

test("a question before an action is a dialog, and Escape closes it", async () => {
  const { page, complaints, close } = await browser.open(`${dashboard.url}/experiments/checkout-button/`);
  await page.getByRole("link", { name: "Archive", exact: true }).click();
  await page.getByRole("dialog", { name: "Archive checkout-button?" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Archive");
  const more = page.getByRole("button", { name: "More for this experiment" });
  await more.click();
  await page.getByRole("link", { name: "Reset", exact: true }).click();
  await page.getByRole("dialog", { name: "Reset checkout-button?" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await more.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(complaints).toEqual([]);
  await close();
});

test("dialogs open also in a browser that lets pages keep nothing", async () => {
  const { page, close } = await browser.open(dashboard.url);
  await page.addInitScript(() =>
    Object.defineProperty(window, "sessionStorage", {
      get: () => {
        throw new DOMException("denied", "SecurityError");
      },
    }),
  );
  await page.goto(`${dashboard.url}/experiments/checkout-button/`);
  await page.getByRole("link", { name: "Archive", exact: true }).click();
  await page.getByRole("dialog").waitFor();
  await close();
});

test("a page that changes under one's eyes is the page that a reload shows, whatever it was before", async () => {
  const traffic = { participants: 20_000, days: 20 };
  const states = await startDashboard([
    { ...traffic, name: "ship", rates: { red: 0.2, blue: 0.26 } },
    { ...traffic, name: "roll-back", rates: { red: 0.2, blue: 0.15 } },
    { name: "split", shares: [0.55, 0.45], rates: { red: 0.2, blue: 0.2 }, ...traffic },
    { ...traffic, name: "keep-running", rates: { red: 0.2, blue: 0.2 } },
    { ...traffic, name: "decided", rates: { red: 0.2, blue: 0.26 } },
    { name: "too-early", participants: 60, days: 2, rates: { red: 0.2, blue: 0.2 }, kpis: ["signup"] },
  ]);
  const { context, url } = states;
  await createExperiment(context, "empty", ["red", "blue"]);
  await setWinner(context, { name: "decided", actor: "ada" }, "blue");
  await planned(states, "keep-running");
  const paths = ["ship", "roll-back", "split", "keep-running", "decided", "too-early", "empty"].map(
    (name) => `/experiments/${name}/`,
  );
  const { page, complaints, close } = await browser.open(`${url}${paths[0]}`);
  const refreshedAs = (path: string) =>
    page.evaluate(async (address) => {
      history.replaceState(null, "", address);
      await new Promise((resolve) => {
        document.addEventListener("refreshed", resolve, { once: true });
        document.dispatchEvent(new Event("visibilitychange"));
      });
      const reloaded = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
      const shown = document.querySelector("main")?.cloneNode(true);
      if (!(shown instanceof Element)) return "Expected a page";
      for (const node of shown.querySelectorAll("[data-made]")) node.remove();
      // The reader's clock is not the server's.
      for (const time of shown.querySelectorAll("time[title]")) {
        time.textContent = time.getAttribute("title");
        time.removeAttribute("title");
      }
      const differing = (one: Element, other: Element | undefined): string => {
        if (other !== undefined && one.isEqualNode(other)) return "";
        const children = [...one.children].map((child, index) => differing(child, other?.children[index]));
        return children.find((text) => text !== "") ?? one.outerHTML;
      };
      return document.title === reloaded.title
        ? differing(shown, reloaded.querySelector("main") ?? undefined)
        : document.title;
    }, path);
  for (const from of paths) {
    for (const to of paths) {
      await refreshedAs(from);
      expect(await refreshedAs(to), `${from} becomes ${to}`).toBe("");
    }
  }
  expect(complaints).toEqual([]);
  await close();
  await states.close();
});

test("what one reads or fills in stays through a change, and the rest is new", async () => {
  const { context, url } = dashboard;
  await createExperiment(context, "used", ["a", "b"]);
  await record(context, "used", [{ client: "one", index: 0 }]);
  const { page, complaints, close } = await browser.open(`${url}/experiments/used/`);
  // What comes before the stream is open is on the page already.
  await Promise.all([page.waitForResponse(/\/events\?watch=/), page.reload()]);
  await page.getByText("Why", { exact: true }).click();
  await page.getByText("Description, hypothesis and owner").click();
  await page.locator("textarea[name=description]").fill("half a sent");
  await page.locator("textarea[name=description]").blur();
  await record(context, "used", [{ client: "two", index: 1, converts: [null] }]);
  await page.locator("#results .totals", { hasText: "2" }).waitFor();
  expect(await page.locator("textarea[name=description]").inputValue()).toBe("half a sent");
  expect(await page.locator("details.why").getAttribute("open")).not.toBeNull();
  expect(complaints).toEqual([]);
  await close();
});
