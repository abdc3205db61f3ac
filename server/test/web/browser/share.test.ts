import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { currentEpoch } from "../../../src/domain/experiment.ts";
import { accessibilityProblems } from "../../support/browser.ts";
import { storedExperiment } from "../../support/store.ts";
import { createExperiment } from "../support.ts";
import { useSite } from "./site.ts";

const site = useSite(async (context) => {
  await createExperiment(context, "button", ["red", "blue", "green"]);
  return { csrfDisabled: false };
});

const stored = () => storedExperiment(site.context.store, "button");
const inForce = async () => currentEpoch(await stored());

/** Opens the forms, lets a person fill one in and send it, and waits for the page after it. */
async function send(page: Page, fill: () => Promise<unknown>, button: string): Promise<void> {
  await page.goto("/experiments/button/share");
  await fill();
  await page.getByRole("main").getByRole("button", { name: button, exact: true }).click();
  await page.getByRole("status").getByText("button, for new visitors:").waitFor();
}

describe.each([
  ["with JavaScript", true],
  ["without JavaScript", false],
])("%s", (_, javaScriptEnabled) => {
  test("a person changes traffic, weights, policy and alternatives by the forms", async () => {
    const { page, complaints } = await site.open({ javaScriptEnabled });

    await send(page, () => page.getByLabel("Visitors who take part, in percent").fill("40"), "Set traffic");
    expect(await inForce()).toMatchObject({ trafficFraction: 0.4 });

    const weigh = async () => {
      for (const [name, weight] of [
        ["red", "50"],
        ["blue", "30"],
        ["green", "20"],
      ] as const)
        await page.getByLabel(`Weight of ${name}`).fill(weight);
    };
    await send(page, weigh, "Set weights");
    expect(await inForce()).toMatchObject({ policy: { kind: "weighted" }, weights: [0.5, 0.3, 0.2] });

    const takeSlice = async () => {
      await page.getByText("There is no layer yet").waitFor();
      await page.getByRole("textbox", { name: "Layer", exact: true }).fill("checkout");
      await page.getByLabel("From, in percent").fill("25");
      await page.getByLabel("To, in percent").fill("60");
    };
    await send(page, takeSlice, "Set layer");
    expect(await inForce()).toMatchObject({ slice: { layer: "checkout", from: 0.25, to: 0.6 } });
    await page.goto("/experiments/button/share");
    await page.getByText("checkout: 25–60% button, free 0–25%, 60–100%").waitFor();

    await send(page, () => page.getByLabel("Another alternative").fill("grey"), "Add alternative");
    // What can't be taken back asks first, in a dialog or on its page.
    await page.goto("/experiments/button/share");
    await page.getByRole("link", { name: "Retire blue", exact: true }).click();
    await page.getByText("This can't be taken back").waitFor();
    expect((await stored()).alternatives[1]).toMatchObject({ retiredInEpoch: null });
    await page.getByRole("button", { name: "Retire blue", exact: true }).click();
    await page.getByRole("status").getByText("button, for new visitors:").waitFor();
    expect((await stored()).alternatives).toMatchObject([
      { name: "red", retiredInEpoch: null },
      { name: "blue", retiredInEpoch: 5 },
      { name: "green", retiredInEpoch: null },
      { name: "grey", addedInEpoch: 4 },
    ]);

    const toBandit = async () => {
      await page.getByRole("combobox", { name: "Visitors go by", exact: true }).selectOption("thompson");
      await page.getByLabel("Goal of the bandit").selectOption("learn");
    };
    await send(page, toBandit, "Set it");
    expect(await inForce()).toMatchObject({ policy: { kind: "thompson", goal: "learn" } });
    expect(complaints).toEqual([]);
  });

  test("a refusal is told beside the forms", async () => {
    const { page } = await site.open({ javaScriptEnabled });
    await page.goto("/experiments/button/share");
    await page.getByLabel("Another alternative").fill("red");
    await page.getByRole("button", { name: "Add alternative" }).click();
    await page.getByRole("alert").getByText("This needs a name that button never had").waitFor();
    expect((await stored()).epochs).toHaveLength(1);
  });
});

test("axe finds nothing wrong with the forms", async () => {
  const { page } = await site.open();
  await page.goto("/experiments/button/share");
  expect(await accessibilityProblems(page)).toEqual([]);
});
