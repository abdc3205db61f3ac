import { expect, test } from "vitest";
import { dayOf } from "../../src/domain/period.ts";
import { NOON_MS, openApp, testContext } from "./support.ts";
import { TalliedStore } from "./tallied.ts";

const ACCEPT = { accept: "text/html" };

/** The cells of an experiment's row, as text. */
function cellsOf(html: string, name: string): readonly string[] {
  const row = html.split("<tr>").find((candidate) => candidate.includes(`>${name}</a>`)) ?? "";
  return row.split("<td").map((cell) =>
    cell
      .replace(/^[^>]*>/, "")
      .replace(/<[^>]+>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
  );
}

async function twoKpis() {
  const store = new TalliedStore();
  const context = testContext(store);
  const today = dayOf(NOON_MS);
  const traffic = { rates: { red: 0.2, blue: 0.24 }, participants: 20_000, days: 10 };
  await store.add({ ...traffic, name: "button", kpis: ["signup"] }, today);
  await store.add({ ...traffic, name: "link" }, today);
  return openApp(context);
}

test("with a KPI in the address the rows are those that know it, with its figures and links to it", async () => {
  const app = await twoKpis();
  const every = (await app.inject({ url: "/", headers: ACCEPT })).body;
  const signup = (await app.inject({ url: "/?kpi=signup", headers: ACCEPT })).body;
  // Half as many reach the named KPI: see `talliesOf`.
  expect(cellsOf(every, "button")[1]).toMatch(/^20\./);
  expect(cellsOf(signup, "button")[1]).toMatch(/^10\./);
  expect(every).toContain("/experiments/link/");
  expect(signup).not.toContain("/experiments/link/");
  expect(signup).toContain('href="/experiments/button/?kpi=signup"');
  expect(signup).toContain("Figures of the KPI signup");
  await app.close();
});

test.each([
  ["the host that was asked, with the port of the API", {}, {}, "http://ab.test:5000/participate"],
  [
    "the host that a trusted proxy names",
    { trustsProxy: () => true },
    { "x-forwarded-host": "shop.test", "x-forwarded-proto": "https" },
    "https://shop.test:5000/participate",
  ],
  [
    "the port and path that the API has",
    { api: { url: undefined, port: 8000, basePath: "/ab" } },
    {},
    "http://ab.test:8000/ab/participate",
  ],
  [
    "the configured address, whoever asks",
    { api: { url: "https://ab.example.com/v1", port: 5000, basePath: "" } },
    {},
    "https://ab.example.com/v1/participate",
  ],
] as const)("an empty server shows a first call to %s", async (_, options, headers, address) => {
  const app = openApp(testContext(), {
    access: { mode: { kind: "open" }, tokens: [] },
    ...options,
  });
  const { body } = await app.inject({ url: "/", headers: { ...ACCEPT, host: "ab.test", ...headers } });
  expect(body).toContain(`curl -G '${address}'`);
  await app.close();
});
