/** What people see and do in a browser, with JavaScript and without. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setArchived, setWinner } from "../../../src/service/administer/acts/state.ts";
import { accessibilityProblems } from "../../support/browser.ts";
import { createExperiment, record } from "../support.ts";
import { type Dashboard, planned, startDashboard, TWO_KPIS, useBrowser } from "./dashboard.ts";

const browser = useBrowser();
let dashboard: Dashboard & { readonly close: () => Promise<void> };

beforeAll(async () => {
  dashboard = await startDashboard([TWO_KPIS]);
  await planned(dashboard, TWO_KPIS.name);
});
afterAll(() => dashboard.close());

describe("the first visit to an empty server", () => {
  test("turns live with the first request", async () => {
    const empty = await startDashboard([]);
    const { page, complaints, close } = await browser.open(empty.url);
    await page.getByText("Waiting for the first request…").waitFor();
    const call = await page.locator("pre").first().textContent();
    expect(call).toContain("curl -G 'http://127.0.0.1:5000/participate'");
    expect(call).toContain("-d 'experiment=button-color'");
    await createExperiment(empty.context, "button-color", ["red", "blue"]);
    await record(empty.context, "button-color", [{ client: "visitor-1", index: 0 }]);
    await page.getByText("The first request is here.").waitFor();
    await page.getByRole("link", { name: "See the experiment" }).click();
    await page.getByRole("heading", { name: "button-color" }).waitFor();
    expect(complaints).toEqual([]);
    await close();
    await empty.close();
  });

  test("says what to do without JavaScript", async () => {
    const empty = await startDashboard([]);
    const { page, close } = await browser.open(empty.url, { javaScriptEnabled: false });
    expect(await page.getByRole("status").textContent()).toContain("Reload this page");
    await close();
    await empty.close();
  });
});

describe.each([true, false])("with JavaScript: %s", (javaScriptEnabled) => {
  const open = (path: string) => browser.open(`${dashboard.url}${path}`, { javaScriptEnabled });

  test("KPI, period, baseline, scale and chart are switched through the address", async () => {
    const { page, complaints, close } = await open("/experiments/checkout-button/");
    await page.getByRole("navigation", { name: "KPI" }).getByRole("link", { name: "signup" }).click();
    expect(page.url()).toContain("kpi=signup");
    await page.getByRole("heading", { name: "Results: signup" }).waitFor();
    await page.getByRole("link", { name: "Week" }).click();
    expect(page.url()).toContain("period=week");
    await page.getByRole("link", { name: "Uplift over time" }).click();
    expect(page.url()).toMatch(/kpi=signup.*period=week.*chart=uplift/);
    await page.getByRole("link", { name: "Absolute" }).click();
    expect(await page.locator("#results").textContent()).toContain("Difference over red");
    await page.getByRole("button", { name: "Actions for blue" }).click();
    await page.getByRole("link", { name: "Compare all with this" }).click();
    expect(page.url()).toContain("baseline=blue");
    expect(await page.locator("#results").textContent()).toContain("Difference over blue");
    expect(complaints).toEqual([]);
    await close();
  });

  test("the days that are shown are chosen by a form, and stay in the address", async () => {
    const { page, complaints, close } = await open("/experiments/checkout-button/?kpi=signup&period=week");
    await page.getByLabel("From").fill("2025-02-10");
    await page.getByLabel("to", { exact: true }).fill("2025-02-20");
    await page.locator("form.range").getByRole("button", { name: "Show" }).click();
    await page.getByText("Only who joined from 2025-02-10 to 2025-02-20 is shown").waitFor();
    expect(page.url()).toMatch(/kpi=signup.*period=week.*from=2025-02-10.*to=2025-02-20/);
    await page.getByRole("link", { name: "Show all days" }).click();
    expect(page.url()).not.toContain("from=");
    expect(complaints).toEqual([]);
    await close();
  });

  test("the list shows the figures of a KPI", async () => {
    const { page, complaints, close } = await open("/");
    await page.getByLabel("KPI").selectOption("signup");
    if (!javaScriptEnabled) await page.locator("form.filters").getByRole("button", { name: "Show" }).click();
    await page.getByText("Figures of the KPI signup").waitFor();
    expect(page.url()).toContain("kpi=signup");
    expect(complaints).toEqual([]);
    await close();
  });

  test("a description is saved at once, and can be undone", async () => {
    const name = `described-${javaScriptEnabled}`;
    await dashboard.store.add({ ...TWO_KPIS, name }, 20_000 as never);
    const { page, complaints, close } = await open(`/experiments/${name}/`);
    await page.getByText("Description, hypothesis and owner").click();
    await page.getByLabel("Description").fill("**Larger** letters");
    await page.getByRole("button", { name: "Save description" }).click();
    expect(await page.locator("main .prose strong").textContent()).toBe("Larger");
    await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    expect(await page.locator("main .prose strong").textContent()).toBe("Button colour");
    expect(await page.locator("#activity").textContent()).toContain("described");
    expect(complaints).toEqual([]);
    await close();
  });

  test("a plan names guardrails and KPIs to explore, and is taken away", async () => {
    const name = `planned-${javaScriptEnabled}`;
    await dashboard.store.add({ ...TWO_KPIS, name }, 20_000 as never);
    const { page, complaints, close } = await open(`/experiments/${name}/`);
    await page.getByText("Plan this experiment").click();
    await page.getByLabel("Rate now").fill("5%");
    await page.getByLabel("Smallest uplift that matters").fill("10%");
    await page.getByLabel("Role of Default KPI").selectOption("secondary");
    await page.getByLabel("Role of signup").selectOption("primary");
    await page.getByLabel("Name of another KPI").fill("refund");
    await page.getByLabel("Role of another KPI").selectOption("guardrail");
    await page.getByLabel("What is better of another KPI").selectOption("lower");
    await page.getByLabel("How much worse another KPI may get").fill("3%");
    await page.getByRole("button", { name: "Set plan" }).click();
    await page.getByText("Saved the plan.").waitFor();
    const stored = await dashboard.store.definitions.read(name as never);
    expect(stored?.planning.plan).toMatchObject({
      primary: { kpi: "signup" },
      secondary: [{ kpi: null }],
      guardrails: [{ kpi: "refund", better: "lower", margin: { kind: "relative", value: 0.03 } }],
    });
    expect(await page.locator("#activity").textContent()).toContain("guarded by: refund");
    await page.getByText("Change the plan").click();
    expect(await page.getByLabel("Role of refund").inputValue()).toBe("guardrail");
    await page.getByRole("button", { name: "Take the plan away" }).click();
    await page.getByText("Took the plan away.").waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test("the list is searched, sorted and shown as cards", async () => {
    const { page, complaints, close } = await open("/");
    await page.getByRole("searchbox").fill("colour");
    await page.getByRole("searchbox").press("Enter");
    expect(page.url()).toContain("q=colour");
    await page.getByRole("link", { name: "checkout-button", exact: true }).first().waitFor();
    await page.getByRole("link", { name: "Visitors" }).click();
    expect(page.url()).toMatch(/q=colour.*sort=participants/);
    await page.getByRole("link", { name: "Cards" }).click();
    await page.locator(".card").first().waitFor();
    await page.goto(`${dashboard.url}/?q=nothing-like-it`);
    await page.getByRole("link", { name: "Show all of this list" }).click();
    expect(complaints).toEqual([]);
    await close();
  });

  test("the theme stays where it was set", async () => {
    const { page, close } = await open("/experiments/checkout-button/?period=week");
    await page.getByRole("button", { name: "Dark" }).click();
    expect(page.url()).toContain("period=week");
    await page.goto(`${dashboard.url}/`);
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    await close();
  });

  test("the figures of a chart are there as a table", async () => {
    const { page, close } = await open("/experiments/checkout-button/?period=month&chart=cumulative");
    await page.getByText("Show as table").click();
    const rows = await page.locator("table.data tbody tr").allTextContents();
    expect(rows).toHaveLength(3);
    // The last point of the line is the figure in the table of results: 1,368 of 24,105.
    expect(rows.at(-1)).toContain("5.68%");
    await close();
  });

  test("a plan is set, and traffic and weights begin a new epoch", async () => {
    await dashboard.store.add({ ...TWO_KPIS, name: `settings-${javaScriptEnabled}` }, 20_000 as never);
    const { page, complaints, close } = await open(`/experiments/settings-${javaScriptEnabled}/`);
    await page.getByText("Plan this experiment").click();
    await page.getByLabel("Rate now").fill("5%");
    await page.getByLabel("Smallest uplift that matters").fill("10%");
    await page.getByRole("button", { name: "Set plan" }).click();
    expect(await page.locator("#progress").textContent()).toContain("of 65,565 visitors");
    const sharing = page.getByText("Traffic, weights and alternatives");
    await sharing.click();
    await page.getByLabel("Visitors who take part, in percent").fill("50");
    await page.getByRole("button", { name: "Change traffic" }).click();
    expect(await page.locator("#facts").textContent()).toContain("50% of traffic");
    await sharing.click();
    await page.getByLabel("Weight of red").fill("3");
    await page.getByRole("button", { name: "Change weights" }).click();
    expect(await page.locator("#facts").textContent()).toContain("weights 75% / 25%");
    expect(complaints).toEqual([]);
    await close();
  });
});

describe("with JavaScript", () => {
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
    expect(complaints).toEqual([]);
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
    await page.getByText("Why", { exact: true }).click();
    await page.getByText("Description, hypothesis and owner").click();
    await page.locator("textarea[name=description]").fill("half a sent");
    await page.locator("textarea[name=description]").blur();
    // The stream has to be open: what came before it is on the page already.
    await page.waitForTimeout(500);
    await record(context, "used", [{ client: "two", index: 1, converts: [null] }]);
    await page.locator("#results .totals", { hasText: "2" }).waitFor();
    expect(await page.locator("textarea[name=description]").inputValue()).toBe("half a sent");
    expect(await page.locator("details.why").getAttribute("open")).not.toBeNull();
    expect(complaints).toEqual([]);
    await close();
  });
});
