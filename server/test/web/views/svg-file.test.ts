/** Every chart as a file, read by a real parser of XML. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { CHART_KINDS } from "../../../src/web/views/experiment-view.ts";
import * as make from "../../support/make.ts";
import { HOSTILE_NAMES } from "../../support/names.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

/** What a store of an older version, or an import, may hold. */
const STORED_NAMES = ["a\u0001b\u001b[31m", "\ud800", "\uffff\ufffe", "]]><&\"'", 'x="', "a > b", ""];

/** The first complaint of expat about each file, empty for a good one, and the text of its title. */
function parsedByExpat(files: readonly string[]): readonly { readonly problem: string; readonly title: string }[] {
  const script = `
import json, sys
import xml.etree.ElementTree as tree
def read(text):
    try:
        root = tree.fromstring(text.encode("utf-8"))
        return {"problem": "", "title": root.findtext("{http://www.w3.org/2000/svg}title")}
    except Exception as error:
        return {"problem": str(error), "title": ""}
print(json.dumps([read(text) for text in json.load(sys.stdin)]))`;
  return JSON.parse(execFileSync("python3", ["-c", script], { input: JSON.stringify(files), encoding: "utf8" }));
}

test("every chart is well-formed XML, whatever the experiment and its alternatives are called", async () => {
  const context = make.context();
  const app = openApp(context);
  for (const name of HOSTILE_NAMES) await createExperiment(context, name);
  for (const [number, alternative] of STORED_NAMES.entries()) {
    await make.created(context.store, make.draft({ name: `stored-${number}`, alternatives: [alternative, "other"] }));
  }
  const files: string[] = [];
  const names: string[] = [];
  for (const { name } of await context.store.definitions.list()) {
    // Without participants, too: nothing to draw is a file like any other.
    if (name !== "stored-0") await record(context, name, [...crowd(0, 3, 1), ...crowd(1, 3, 2)]);
    for (const chart of CHART_KINDS) {
      const answer = await app.inject(`/experiments/${encodeURIComponent(name)}/chart.svg?chart=${chart}`);
      expect([name, chart, answer.statusCode]).toEqual([name, chart, 200]);
      files.push(answer.body);
      names.push(`${chart} of ${name}`);
    }
  }
  const parsed = parsedByExpat(files);
  expect(parsed.flatMap(({ problem }, index) => (problem === "" ? [] : [`${names[index]}: ${problem}`]))).toEqual([]);
  expect(parsed.every(({ title }) => title !== "")).toBe(true);
});
