import { expect, test } from "vitest";
import { convert } from "../../../src/service/convert.ts";
import { participate } from "../../../src/service/participate.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";
import { TalliedStore } from "../tallied.ts";

const DAY_MS = 86_400_000;
const HOSTILE = `<b>"&'|]]>*`;

async function dashboard(control = "red", other = "blue", name = "button") {
  const store = new TalliedStore();
  const context = make.context({ store });
  await store.add({ name, rates: { [control]: 0.2, [other]: 0.4 }, participants: 800, days: 10 }, make.DAY);
  const app = openApp(context);
  const get = async (form: string) =>
    app.inject({ url: `/experiments/${encodeURIComponent(name)}/${form}`, headers: { accept: "text/html" } });
  return { get };
}

/** What a reader sees, of any of the forms. */
function words(text: string): string {
  if (text.startsWith("#")) return text.replaceAll("\\", "").replaceAll(/\s+/g, " ");
  return text
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");
}

const FORMS = ["readout", "readout.md", "readout.svg"] as const;

test("a page, a text and a picture say the same of the decision, the figures and their ranges", async () => {
  const { get } = await dashboard();
  const markdown = (await get("readout.md")).body;
  const [, range = ""] = /\| blue \| 400 \| 40\.0% \| \+95\.1% \| (.*?) \|/.exec(markdown) ?? [];
  expect(range).toMatch(/^\+\d.* to \+\d/);
  for (const form of FORMS) {
    const answer = await get(form);
    expect([form, answer.statusCode]).toEqual([form, 200]);
    const said = words(answer.body);
    for (const word of ["Ship blue", "Uplift over red", "400", "20.5%", "40.0%", "+95.1%", range, "better", "800"]) {
      expect(said, form).toContain(word);
    }
    expect(said, form).toContain("It holds however often somebody looked");
  }
});

test("a difference that leaves a covariate out is said to be one, by every form, the summary and the record of a decision", async () => {
  const context = make.context();
  await createExperiment(context, "button", ["red", "blue"], { createdAtMs: make.NOW_MS - 9 * DAY_MS });
  const alternatives = ["red", "blue"];
  for (let number = 0; number < 900; number += 1) {
    const [index, covariate] = [number % 2, (number % 50) / 10];
    const datetime = `2025-02-2${number % 9}`;
    const client = `v${number}`;
    const asked = { experiment: "button", client, alternatives, force: alternatives[index], covariate, datetime };
    await participate(context, make.request({ ...asked, recordForce: true }));
    const value = covariate + 0.4 * index + (number % 7) / 10;
    await convert(context, make.conversion({ experiment: "button", client, value }));
  }
  const app = openApp(context);
  const get = async (form: string) =>
    words((await app.inject({ url: `/experiments/button/${form}`, headers: { accept: "text/html" } })).body);
  const TOLD = ["", "readout", "readout.md", "summary.md"];
  for (const form of TOLD) {
    expect(await get(form), form).toMatch(/Adjusted by what was known of visitors .* not exactly those of the means/);
  }
  expect(await get("export.csv?table=results")).toMatch(/,adjusted button,.*? button,[^ ]*,blue,[^ ]*,true/);
  const payload = { alternative_name: "blue" };
  const headers = { accept: "application/json" };
  await app.inject({ method: "POST", url: "/experiments/button/winner/", headers, payload });
  for (const form of TOLD) expect(await get(form), form).toMatch(/Adjusted by what was known of visitors/);
});

test("with the decision it stops changing, and has its day and its reason", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  for (let day = 20; day <= 28; day += 1) {
    await record(
      context,
      "button",
      [0, 1].flatMap((arm) => crowd(arm, 50, 10 + 10 * arm, `2025-02-${day}`)),
    );
  }
  const app = openApp(context);
  const get = (form: string) => app.inject({ url: `/experiments/button/${form}`, headers: { accept: "text/html" } });
  const headers = { accept: "application/json" };
  const payload = { alternative_name: "red", reason: "Blue frightens | people" };
  await app.inject({ method: "POST", url: "/experiments/button/winner/", headers, payload });
  const said = () => Promise.all(FORMS.map(async (form) => words((await get(form)).body)));
  const before = await said();
  for (const text of before) {
    expect(text).toContain("Decided on 2025-03-01: everybody gets red.");
    expect(text).toContain("Ship blue");
  }
  // The page and the Markdown say the day once.
  for (const text of before.slice(0, 2)) expect(text.match(/Decided on/g)).toHaveLength(1);
  expect(before[0]).toContain("✓");
  expect(before[0]).toContain("Reason: Blue frightens | people");
  expect(before[1]).toContain("Reason: Blue frightens | people");
  context.pass(40 * 86_400_000);
  await record(context, "button", [...crowd(0, 300, 290, "2025-03-02"), ...crowd(1, 900, 1, "2025-03-03")]);
  expect(await said()).toEqual(before);
  await app.inject({ method: "POST", url: "/experiments/button/winner/reset/", headers });
  const open = words((await get("readout")).body);
  expect(open).not.toContain("Decided on");
  expect(open).toContain("2,100");
});

test("before there is anything to compare it says so, and what is wrong stands on it", async () => {
  const context = make.context();
  await createExperiment(context, "young");
  await createExperiment(context, "broken");
  await record(context, "young", crowd(0, 3, 1));
  await record(context, "broken", [...crowd(0, 900, 90, "2025-02-10"), ...crowd(1, 300, 30, "2025-02-10")]);
  const app = openApp(context);
  for (const form of FORMS) {
    const young = words((await app.inject({ url: `/experiments/young/${form}` })).body);
    expect(young).toContain("too early");
    expect(young).not.toMatch(/NaN|undefined|null|Infinity/);
  }
  expect(words((await app.inject({ url: "/experiments/broken/readout" })).body)).toContain("fail: ");
});

test("names from anywhere stay text in each form", async () => {
  const { get } = await dashboard("plain", HOSTILE, HOSTILE);
  for (const form of FORMS) {
    const { body } = await get(form);
    expect(body).not.toContain("<b>");
    expect(words(body)).toContain(HOSTILE);
  }
  expect((await get("readout.svg")).headers["content-type"]).toContain("image/svg+xml");
});
