import { expect, test } from "vitest";
import { setManager } from "../../../src/service/administer/acts/ownership.ts";
import { ALL_ACTS } from "../../../src/service/administer/acts/undo.ts";
import { applyFile } from "../../../src/service/as-code/apply-file.ts";
import { fileOf } from "../../../src/service/as-code/experiments-file.ts";
import * as make from "../../support/make.ts";
import { storedExperiment } from "../../support/store.ts";
import { createExperiment, openApp } from "../support.ts";
import { SENT } from "./sent-acts.ts";

const NAME = "button";

/**
 * What no file takes back: it says nothing of it, or names what has to be there beside other things. Resetting and deleting
 * ask for the name of the experiment, as they always do.
 */
const UP_TO_PEOPLE = [
  ...["pause", "intake", "archive", "winner/", "winner/reset/", "mute", "reset/", "delete/"],
  ...["kpis", "segments", "traffic/release"],
];

async function managed() {
  const context = make.context();
  await createExperiment(context, NAME, ["red", "blue"]);
  const app = openApp(context);
  const post = (path: string, payload: object) => {
    const url = path === "" ? "/experiments" : `/experiments/${NAME}/${path}`;
    return app.inject({ method: "POST", url, headers: { accept: "text/html" }, payload });
  };
  const stored = () => storedExperiment(context.store, NAME);
  /** Sends a form of an experiment that a repository manages. Returns whether it asked before it changed what the file says. */
  const asks = async (path: string, body: object): Promise<boolean> => {
    await setManager(context, { name: NAME, actor: "ci" }, "repo");
    const before = await stored();
    const answer = await post(path, body);
    if (answer.statusCode === 302) {
      const applied = await applyFile(context, "ci", fileOf([before]), true);
      expect([path, applied]).toEqual([path, [{ name: NAME, kind: "same", changes: [] }]]);
      return false;
    }
    expect([path, answer.statusCode]).toEqual([path, 409]);
    expect(answer.body, path).toContain("all the same");
    expect(await stored(), path).toEqual(before);
    const meant = await post(path, { ...body, override_repo: "true" });
    expect([path, meant.statusCode], meant.body).toEqual([path, 302]);
    return true;
  };
  return { context, app, post, asks, stored };
}

test("every form that changes what a file may say asks before it does so, and no other form asks", async () => {
  const { post, asks } = await managed();
  const [asking, others] = [new Set<string>(), new Set<string>()];
  for (const [path, bodies] of Object.entries(SENT)) {
    // A deleted one is managed by nobody, and undo is below.
    if (path === "delete/" || path === "undo") continue;
    if (path === "restore/") await post("description", { description: "Not that of before", override_repo: "true" });
    for (const body of path === "restore/" ? [{}] : bodies) {
      const asked = await asks(path.replace("<alternative>", "green"), body);
      (asked ? asking : others).add(path);
    }
  }
  expect([...others].filter((path) => !asking.has(path)).sort()).toEqual(
    UP_TO_PEOPLE.filter((path) => path !== "delete/").sort(),
  );
  const left = ALL_ACTS.map(({ path }) => path).filter((path) => !UP_TO_PEOPLE.includes(path) && path !== "undo");
  expect([...asking].sort()).toEqual(left.sort());
});

test("undo asks where the act that it takes back asked", async () => {
  const { context, asks } = await managed();
  const undo = async (action: string) => {
    const log = await context.store.activity.read({ experiment: NAME, limit: 100 });
    const entry = log.find((one) => one.action === action);
    return asks("undo", { at_ms: entry?.atMs, action });
  };
  await asks("pause", { paused: true });
  expect(await undo("pause")).toBe(false);
  await asks("description", { description: "Warm sells" });
  expect(await undo("describe")).toBe(true);
});

test("the form of a draft asks when it is sent, not while rows are added", async () => {
  const { asks, app, stored } = await managed();
  const body = { alternative_1: "red", alternative_2: "green", traffic: "100" };
  expect(await asks("draft", body)).toBe(true);
  expect((await stored()).alternatives.map(({ name }) => name)).toEqual(["red", "green"]);
  const row = { ...body, do: "alternative" };
  const url = `/experiments/${NAME}/draft`;
  expect((await app.inject({ method: "POST", url, headers: { accept: "text/html" }, payload: row })).statusCode).toBe(
    200,
  );
});

test("declaring again asks where it changes what the file says, and not where it adds something", async () => {
  const { asks } = await managed();
  const declared = { name: NAME, alternatives: ["red", "blue"] };
  expect(await asks("", declared)).toBe(false);
  expect(await asks("", { ...declared, kpis: ["order"], segments: ["plan=free|pro"] })).toBe(false);
  expect(await asks("", { ...declared, kpis: ["order:value"] })).toBe(false);
  expect(await asks("", { ...declared, kpis: ["order:events"] })).toBe(true);
  expect(await asks("", { ...declared, layer: "checkout", slice: ["0", "0.5"] })).toBe(false);
  expect(await asks("", { ...declared, layer: "checkout", slice: ["0.5", "1"] })).toBe(true);
});

test("a form that changes nothing, or is refused, does not ask", async () => {
  const { context, post, asks } = await managed();
  await asks("description", { description: "Warm sells" });
  expect(await asks("description", { description: "Warm sells" })).toBe(false);
  await setManager(context, { name: NAME, actor: "ci" }, "repo");
  expect((await post("weights", { weights: ["1", "-1"] })).statusCode).toBe(400);
});
