/** A dashboard behind a login, with one experiment on it. */
import type { Page } from "playwright-core";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { Webhook } from "../../../src/domain/webhook.ts";
import { GUARDED, PASSWORD } from "../access/people.ts";
import { createExperiment, crowd, record } from "../support.ts";
import { type Site, useSite } from "./site.ts";

const WEBHOOK: Webhook = {
  id: "hook",
  url: "https://hooks.example.com/a",
  secret: undefined,
  events: undefined,
  format: "json",
};

/** The experiment `button`, which 81 clients took part in. */
export async function storedIn({ context }: Site): Promise<Experiment | undefined> {
  return (await context.store.definitions.list())[0];
}

export function useGuarded(): Site {
  return useSite(async (context) => {
    await createExperiment(context, "button", ["red", "blue"], { description: "The colour of the button." });
    await record(context, "button", [...crowd(0, 40, 10), ...crowd(1, 41, 15)]);
    return { ...GUARDED, webhooks: [WEBHOOK] };
  });
}

export async function logIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** Presses a button of the page itself, not of its head. */
export function press(page: Page, name: string): Promise<void> {
  return page.getByRole("main").getByRole("button", { name, exact: true }).click();
}

export function pathOf(page: Page): string {
  return new URL(page.url()).pathname;
}
