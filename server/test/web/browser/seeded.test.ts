/** A day of traffic through the built server's own API, and what the dashboard makes of it. */
import { expect, test } from "vitest";
import { run, start } from "../../support/command.ts";
import { useBrowser } from "./dashboard.ts";

const browser = useBrowser();

test("a day of seeded traffic is read back on the pages, number by number", async () => {
  const server = start({ args: ["start", "--port", "0", "--web-port", "0", "--storage", "memory"] });
  const [, api = ""] = await server.printed(/API +(\S+)\n/);
  const [, dashboard = ""] = await server.printed(/Dashboard +(\S+)\n/);
  const url = new URL(dashboard).origin;
  const { stdout } = await run({ args: ["seed", "--url", api, "--days", "1", "--scale", "0.1"] });
  const seeded = [...stdout.matchAll(/^([\w-]+): visitors (.*?); conversions/gm)];
  expect(seeded.length).toBeGreaterThan(3);
  const { page, complaints, close } = await browser.open(url);
  for (const [, name = "", visitors = ""] of seeded) {
    await page.goto(`${url}/experiments/${name}/`);
    // The seed counts answers: whoever is outside the traffic gets the control and takes no part.
    if ((await page.locator("#facts").textContent())?.includes("left out") === true) continue;
    for (const [, alternative = "", participants = ""] of visitors.matchAll(/([\w-]+) (\d+)/g)) {
      const row = page.locator("#results tbody tr").filter({ has: page.getByText(alternative, { exact: true }) });
      expect(await row.locator("td").first().textContent()).toContain(Number(participants).toLocaleString("en"));
    }
  }
  // Somebody who sends a value for the first time, and touches nothing, sees the mean of it.
  for (let client = 0; client < 20; client += 1) {
    const who = `experiment=shop&client_id=${client}`;
    await fetch(`${api}/participate?${who}&alternatives=a&alternatives=b`);
    if (client < 5) await fetch(`${api}/convert?${who}&kpi=revenue&value=12.5`);
  }
  await page.goto(url);
  const shop = page.getByRole("row").filter({ hasText: "shop" });
  expect(await shop.locator('[data-label="Control"]').textContent()).toMatch(/^\d\.\d\dmean of revenue$/);
  await shop.getByRole("link", { name: "shop", exact: true }).click();
  expect(await page.locator("#results-title").textContent()).toBe("Results: mean of revenue");
  expect(await page.locator("#results thead").textContent()).toContain("Mean");
  expect(await page.locator("#results thead").textContent()).not.toContain("Rate");
  expect(await page.locator("#chart").textContent()).toContain("Cumulative mean of revenue");
  // Next and previous go along the list that one came from.
  await page.goto(`${url}/all?sort=name&order=desc`);
  const names = await page.locator(".name-link").allTextContents();
  await page.getByRole("link", { name: "shop", exact: true }).click();
  await page.getByRole("link", { name: "Next", exact: true }).click();
  expect(await page.locator("h1").textContent()).toBe(names[names.indexOf("shop") + 1]);
  await page.getByRole("link", { name: "Previous", exact: true }).click();
  expect(await page.locator("h1").textContent()).toBe("shop");
  expect(complaints).toEqual([]);
  await close();
});
