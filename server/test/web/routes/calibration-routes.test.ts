import { expect, test } from "vitest";
import { describeKpi } from "../../../src/service/administer/acts/kpi-settings.ts";
import { CALIBRATIONS_MAX } from "../../../src/service/analysis/calibrator.ts";
import * as make from "../../support/make.ts";
import { GUARDED, loggedIn, TOKENS } from "../access/people.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

async function dashboard() {
  const context = make.context();
  await createExperiment(context, "button");
  for (let day = 15; day <= 28; day += 1) {
    await record(
      context,
      "button",
      [0, 1].flatMap((arm) => crowd(arm, 60, 15, `2025-02-${day}`)),
    );
  }
  await createExperiment(context, "young");
  await record(context, "young", crowd(0, 150, 10));
  const app = openApp(context, GUARDED);
  const ask = async (method: "GET" | "POST", name = "button") => {
    const headers = { accept: "application/json", authorization: `Bearer ${TOKENS.viewer}` };
    const answer = await app.inject({
      method,
      url: `/experiments/${name}/calibration`,
      headers,
      ...(method === "POST" ? { payload: {} } : {}),
    });
    return { status: answer.statusCode, body: answer.json() };
  };
  return { context, app, ask };
}

test("an experiment is played again in a thread, by a button, once a day", async () => {
  const { context, app, ask } = await dashboard();
  const vera = await loggedIn(app, "vera");
  expect((await vera.get("/experiments/button/")).body).toContain("/experiments/button/calibration");
  expect((await vera.get("/experiments/button/calibration")).body).toContain("Calibrate</button>");
  expect((await ask("GET")).body).toEqual({ name: "button", status: "none" });
  expect((await ask("POST")).body.status).toBe("running");
  await expect.poll(async () => (await ask("GET")).body.status).toBe("done");
  const { body } = await ask("GET");
  expect(body).toMatchObject({ name: "button", day: "2025-03-01", participants: 1_680, runs: 200 });
  expect(body.equal.ours).toBeLessThan(body.equal.usualAlways);
  const page = (await vera.get("/experiments/button/calibration")).body;
  for (const sentence of body.sentences) expect(page).toContain(sentence);
  // Of today: it is not computed again, unless people judge by something else. Tomorrow it is.
  expect((await ask("POST")).body).toEqual(body);
  await record(context, "button", [{ client: "late", index: 0, converts: ["later"] }]);
  expect((await ask("GET")).body).toEqual(body);
  const act = { name: "button", actor: "ann" };
  await describeKpi(context, act, "", { counts: "events" });
  expect((await ask("GET")).body.status).toBe("none");
  await describeKpi(context, act, "", { counts: "rate" });
  expect((await ask("GET")).body).toEqual(body);
  context.pass(86_400_000);
  expect((await ask("GET")).body.status).toBe("none");
});

test("what can't be played again is refused in words", async () => {
  const { ask, app } = await dashboard();
  const young = await ask("POST", "young");
  expect([young.status, young.body.detail]).toEqual([
    400,
    "Expected an experiment of at least two days, got a younger one",
  ]);
  const vera = await loggedIn(app, "vera");
  expect((await vera.get("/experiments/young/calibration")).body).toContain("Not computed: This needs an experiment");
  expect((await ask("POST", "nobody")).status).toBe(404);
});

test("no more than a few are played at a time, and the next is taken when one is done", async () => {
  const { context, ask } = await dashboard();
  const names = Array.from({ length: CALIBRATIONS_MAX + 1 }, (_, number) => `shop-${number}`);
  for (const name of names) {
    await createExperiment(context, name);
    for (const day of [15, 16]) {
      await record(
        context,
        name,
        [0, 1].flatMap((arm) => crowd(arm, 60, 15, `2025-02-${day}`)),
      );
    }
  }
  const begun = await Promise.all(names.map((name) => ask("POST", name)));
  expect(begun.map(({ status }) => status).toSorted()).toEqual([...names.slice(1).map(() => 200), 503]);
  const late = names[begun.findIndex(({ status }) => status === 503)] ?? "";
  expect((await ask("GET", late)).body).toMatchObject({ status: "none" });
  await expect.poll(async () => (await ask("POST", late)).status).toBe(200);
});
