/** What people see and do in a browser, with JavaScript and without. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  test("turns into the page of the experiment with the first request", async () => {
    const empty = await startDashboard([]);
    const { page, complaints, close } = await browser.open(empty.url);
    await page.getByText("Waiting for the first request…").waitFor();
    const call = await page.locator("pre").first().textContent();
    expect(call).toContain("curl -G 'http://127.0.0.1:5000/participate'");
    expect(call).toContain("-d 'experiment=button-color'");
    await createExperiment(empty.context, "button-color", ["red", "blue"]);
    await record(empty.context, "button-color", [{ client: "visitor-1", index: 0 }]);
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
    // Of two the other way round is worth no link; an address may ask for it, and a link leads back.
    expect(await page.getByRole("link", { name: "compare all with" }).count()).toBe(0);
    await page.goto(`${page.url()}&baseline=blue`);
    expect(await page.locator("#results").textContent()).toContain("Difference over blue");
    await page.getByRole("link", { name: "compare all with red" }).click();
    expect(await page.locator("#results").textContent()).toContain("Difference over red");
    expect(complaints).toEqual([]);
    await close();
  });

  test("the menu of a row opens over the page, and no row moves", async () => {
    const { page, complaints, close } = await open("/experiments/checkout-button/");
    const tops = () =>
      page.locator("#results tr").evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().top));
    const before = await tops();
    await page.getByRole("button", { name: "Actions for blue" }).click();
    await page.getByRole("link", { name: "Use this for everybody" }).last().waitFor();
    expect(await tops()).toEqual(before);
    expect(complaints).toEqual([]);
    await close();
  });

  test("on paper there is what was found, on white, and nothing that one would click", async () => {
    const { page, complaints, close } = await open("/experiments/checkout-button/");
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    for (const part of ["#decision", "#results", "#chart", "#health"]) {
      expect([part, await page.locator(part).first().isVisible()]).toEqual([part, true]);
    }
    const shown = await page
      .locator("button, input, select, textarea, nav, form, .button")
      .evaluateAll((elements) => elements.filter((element) => element.checkVisibility()).map((one) => one.outerHTML));
    expect(shown).toEqual([]);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(
      "rgb(255, 255, 255)",
    );
    expect(complaints).toEqual([]);
    await close();
  });

  test("the days that are shown are chosen by a form, and stay in the address", async () => {
    const { page, complaints, close } = await open("/experiments/checkout-button/?kpi=signup&period=week");
    await page.getByText("Choose days").click();
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
    await page.getByRole("button", { name: "Set traffic" }).click();
    expect(await page.locator("#facts").textContent()).toContain("50% of traffic");
    await sharing.click();
    await page.getByLabel("Weight of red").fill("3");
    await page.getByRole("button", { name: "Set weights" }).click();
    expect(await page.locator("#facts").textContent()).toContain("weights 75% / 25%");
    expect(complaints).toEqual([]);
    await close();
  });
});
