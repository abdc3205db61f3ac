/** A dashboard and a browser for the tests of a file, each of which begins anew with what `prepare` puts into it. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { WebOptions } from "../../../src/web/http/web-options.ts";
import { launchBrowser, openPage, type WatchedPage } from "../../support/browser.ts";
import * as make from "../../support/make.ts";
import { openApp } from "../support.ts";
import { useAddress } from "./dashboard.ts";

export interface Site {
  readonly context: make.TestContext;
  readonly url: string;
  /** Closed after the test. */
  readonly open: (options?: BrowserContextOptions) => Promise<WatchedPage>;
}

/** @param prepare fills the store of a test, and says how it is served */
export function useSite(prepare: (context: make.TestContext) => Promise<Partial<WebOptions>>): Site {
  const address = useAddress();
  let browser: Browser | undefined;
  let context: make.TestContext;
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    context = make.context();
    const app = openApp(context, await prepare(context));
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
      if (browser === undefined) throw new Error("Expected a browser, got none");
      const opened = await openPage(browser, address.url(), options);
      closing.push(opened.close);
      return opened;
    },
  };
}
