/** The file of clients on the dashboard: offered where ids are kept, to those who may have it. */
import { expect, test } from "vitest";
import { participate } from "../../../src/service/participate.ts";
import { ModelStore } from "../../store/model/model-store.ts";
import * as make from "../../support/make.ts";
import { GUARDED, loggedIn } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

const LINK = 'href="/experiments/button/clients.csv"';

function contextThat(keepClientIds: boolean): make.TestContext {
  const context = make.context();
  return { ...context, settings: { ...context.settings, keepClientIds } };
}

async function visited(keepClientIds: boolean): Promise<make.TestContext> {
  const context = contextThat(keepClientIds);
  await createExperiment(context, "button");
  for (const client of ["=cmd()", "b\r=cmd()"]) {
    await participate(context, make.request({ experiment: "button", alternatives: ["red", "blue"], client }));
  }
  return context;
}

test("it is a table to save, never kept by a cache, and safe to open", async () => {
  const app = openApp(await visited(true));
  const answer = await app.inject("/experiments/button/clients.csv");
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    "content-type": "text/csv; charset=utf-8",
    "cache-control": "no-store",
    "content-disposition": 'attachment; filename="button-clients.csv"',
  });
  expect(answer.body).toMatch(/^client_id,alternative,epoch,joined,day,events,total\r\n/);
  expect(answer.body).toMatch(/^'=cmd\(\),(red|blue),0,2025-03-01,,,\r$/m);
  expect(answer.body).toMatch(/\n"b\r=cmd\(\)",(red|blue),0,2025-03-01,,,\r\n/);
});

test("the log says who took it, and a look at the head of the answer takes nothing", async () => {
  const context = await visited(true);
  const ada = await loggedIn(openApp(context, GUARDED), "ada");
  expect(await context.store.activity.read({ limit: 10 })).toEqual([]);
  const head = await ada.head("/experiments/button/clients.csv");
  expect([head.statusCode, head.body]).toEqual([200, ""]);
  expect(head.headers["content-disposition"]).toContain("button-clients.csv");
  expect(await context.store.activity.read({ limit: 10 })).toEqual([]);
  await ada.get("/experiments/button/clients.csv");
  const taken = { experiment: "button", actor: "ada", action: "export-clients" };
  expect(await context.store.activity.read({ limit: 10 })).toMatchObject([taken]);
});

test("an experiment that is not there is 404", async () => {
  const answer = await openApp(contextThat(true)).inject("/experiments/nothing/clients.csv");
  expect(answer.statusCode).toBe(404);
});

test("the page offers it to admins where ids are kept, and to nobody where not", async () => {
  const kept = openApp(await visited(true), GUARDED);
  expect((await (await loggedIn(kept, "ada")).get("/experiments/button/")).body).toContain(LINK);
  for (const name of ["ed", "vera"] as const) {
    expect((await (await loggedIn(kept, name)).get("/experiments/button/")).body).not.toContain(LINK);
  }
  expect((await openApp(await visited(false)).inject("/experiments/button/")).body).not.toContain(LINK);
});

test("where ids are not kept the file has the same rows, without them", async () => {
  const context = await visited(false);
  const answer = await openApp(context).inject("/experiments/button/clients.csv");
  expect(answer.body).not.toContain("cmd");
  expect(answer.body.trimEnd().split("\r\n")).toHaveLength(3);
});

/** Fails after the first batch. */
class BreakingStore extends ModelStore {
  constructor() {
    super();
    const { transfer } = this;
    const exportRecords = transfer.exportRecords.bind(transfer);
    transfer.exportRecords = async function* (experiment) {
      yield* exportRecords(experiment);
      throw new Error("the store is gone");
    };
  }
}

test("a file that the store cuts off ends as a broken answer, never as a whole one", async () => {
  const context = make.context({ store: new BreakingStore() });
  await createExperiment(context, "button");
  await participate(context, make.request({ experiment: "button", alternatives: ["red", "blue"] }));
  const app = openApp(context);
  try {
    const response = await fetch(`${await app.listen({ port: 0, host: "127.0.0.1" })}/experiments/button/clients.csv`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("terminated");
  } finally {
    await app.close();
  }
});
