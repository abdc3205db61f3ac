/** The dashboard at `/sixpack/` of another site, behind a real proxy, as a browser sees it. */
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dashboard, startDashboard, TWO_KPIS, useBrowser } from "./dashboard.ts";

const BASE = "/sixpack";
const browser = useBrowser();

/** A site that shows the dashboard under a path and has nothing else. @param strips takes the path off, as many do */
async function startProxy(
  target: string,
  strips: boolean,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const { hostname, port } = new URL(target);
  const server: Server = createServer((asked, answer) => {
    const path = asked.url ?? "/";
    if (!path.startsWith(`${BASE}/`)) {
      answer.writeHead(404).end("another site");
      return;
    }
    const passed = request(
      { hostname, port, method: asked.method, path: strips ? path.slice(BASE.length) : path, headers: asked.headers },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      },
    );
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe.each([
  ["passes the path on", false],
  ["takes the path off", true],
])("behind a proxy that %s", (_, strips) => {
  let dashboard: Dashboard & { readonly close: () => Promise<void> };
  let proxy: { readonly url: string; readonly close: () => void };

  beforeAll(async () => {
    dashboard = await startDashboard([TWO_KPIS], { basePath: BASE });
    proxy = await startProxy(dashboard.url, strips);
  });
  afterAll(async () => {
    proxy.close();
    await dashboard.close();
  });

  test("a person follows links, sends forms, undoes, exports, and sees live updates", async () => {
    const { page, complaints, close } = await browser.open(`${proxy.url}${BASE}/`);
    // The style sheet and the scripts are there.
    expect(await page.evaluate("getComputedStyle(document.body).fontFamily")).toMatch(/sans|system/i);
    await page.getByRole("link", { name: "checkout-button" }).first().click();
    await page.waitForURL(`${proxy.url}${BASE}/experiments/checkout-button/**`);
    const events = page.waitForResponse((response) => response.url().includes(`${BASE}/events?watch=`));
    await page.reload();
    expect((await events).status()).toBe(200);

    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("status").getByText("Paused").waitFor();
    expect(page.url().startsWith(`${proxy.url}${BASE}/experiments/checkout-button/`)).toBe(true);
    await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
    await page.getByRole("status").getByText("Undone").waitFor();

    const json = await page.request.get(`${proxy.url}${BASE}/experiments/checkout-button.json`);
    expect(await json.json()).toMatchObject({ name: "checkout-button" });
    const csv = await page.getByRole("link", { name: /CSV/ }).first().getAttribute("href");
    expect(csv?.startsWith(`${BASE}/experiments/`)).toBe(true);
    expect((await page.request.get(`${proxy.url}${csv}`)).status()).toBe(200);

    const cookies = await page.context().cookies();
    expect(new Set(cookies.map(({ path }) => path))).toEqual(new Set([BASE]));
    expect(complaints).toEqual([]);
    await close();
  });
});
