/** A dashboard behind a login, with one experiment on it, and a browser: anew for each test of a file. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { Webhook } from "../../../src/domain/webhook.ts";
import { launchBrowser, openPage, type WatchedPage } from "../../support/browser.ts";
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

export interface Guarded {
  readonly context: make.TestContext;
  readonly url: string;
  readonly open: (options?: BrowserContextOptions) => Promise<WatchedPage>;
  /** The experiment `button`, which 81 clients took part in. */
  readonly stored: () => Promise<Experiment | undefined>;
}

export function useGuarded(): Guarded {
  const address = useAddress();
  let browser: Browser;
  let context: make.TestContext;
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
    closing.push(() => app.close());
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  return {
    get context() {
      return context;
    },
    get url() {
      return address.url();
    },
    open: async (options = {}) => {
      const opened = await openPage(browser, address.url(), options);
      closing.push(opened.close);
      return opened;
    },
    stored: async () => (await context.store.definitions.list())[0],
  };
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
