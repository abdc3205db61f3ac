/** A dashboard on a real port, and a browser that looks at it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { dayOf } from "../../../src/domain/period.ts";
import { drainable } from "../../../src/ops/shutdown.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import type { WebOptions } from "../../../src/web/http/web-options.ts";
import { launchBrowser, openPage, type WatchedPage } from "../../support/browser.ts";
import * as make from "../../support/make.ts";
import { openApp } from "../support.ts";
import { TalliedStore, type Traffic } from "../tallied.ts";

const TODAY = dayOf(make.NOW_MS);

export interface Dashboard {
  readonly url: string;
  readonly store: TalliedStore;
  readonly context: make.TestContext;
}

/** Serves what `traffic` describes on a free port until the tests of the file are done. */
export async function startDashboard(
  traffic: readonly Traffic[],
  options: Partial<WebOptions> = {},
  host = "127.0.0.1",
): Promise<Dashboard & { readonly close: () => Promise<void> }> {
  const store = new TalliedStore();
  const context = make.context({ store });
  for (const item of traffic) await store.add(item, TODAY);
  const app = openApp(context, { csrfDisabled: false, ...options });
  const drain = drainable(app.server);
  await app.listen({ port: 0, host });
  const { port } = app.server.address() as AddressInfo;
  // As the program stops it: the `close` of the app alone waits for connections that Chromium made ahead, for ever.
  const close = async () => void (await Promise.all([drain(), app.close()]));
  return { url: `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`, store, context, close };
}

/** One address for a file of tests, behind which each test puts a dashboard of its own: so profiles can be used again. */
export function useAddress(): { readonly url: () => string; readonly serve: (app: FastifyInstance) => Promise<void> } {
  let routing: FastifyInstance["routing"] | undefined;
  const server = createServer((request, response) => routing?.(request, response));
  beforeAll(() => once(server.listen(0, "127.0.0.1"), "listening"));
  afterAll(() => server.close());
  return {
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: async (app) => {
      await app.ready();
      ({ routing } = app);
    },
  };
}

/** One browser for a file of tests. */
export function useBrowser(): {
  readonly open: (url: string, options?: BrowserContextOptions) => Promise<WatchedPage>;
} {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  return {
    open: async (url, options = {}) => {
      if (browser === undefined) throw new Error("Expected a browser, got none");
      const { origin } = new URL(url);
      const opened = await openPage(browser, origin, options);
      await opened.page.goto(url);
      return opened;
    },
  };
}

export const TWO_KPIS: Traffic = {
  name: "checkout-button",
  rates: { red: 0.051, blue: 0.0565 },
  participants: 48_210,
  days: 34,
  kpis: ["signup"],
  description: "**Button colour** on the checkout page",
};

export async function planned({ context }: Dashboard, name: string): Promise<void> {
  await setPlan(context, { name, actor: "ada" }, { baseline_rate: "5%", minimum_uplift: "10%", power: "80%" });
}
