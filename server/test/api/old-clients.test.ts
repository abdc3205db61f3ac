/** What clients of the original send unasked, by the table of docs/migration.md, and what comes of it. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { currentEpoch } from "../../src/domain/experiment.ts";
import { setTrafficFraction } from "../../src/service/administer/acts/sharing.ts";
import { type Api, startApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { storedExperiment } from "../support/store.ts";

const text = readFileSync(new URL("../../../docs/migration.md", import.meta.url), "utf8");
const [, section = ""] = /\n## What old clients send unasked\n(.*?)\n## /s.exec(text) ?? [];
const rows = [...section.matchAll(/^\| ([^|]+) \| (?:`([^`]*)`)? *\| ([^|]+) \|$/gm)]
  .map(([, client = "", unasked = "", effect = ""]) => ({ client, unasked, effect }))
  .filter(({ client }) => client !== "client");

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

let experiments = 0;

async function call(experiment: string, client: string, more: string): Promise<void> {
  const path = `/participate?experiment=${experiment}&alternatives=a&alternatives=b&client_id=${client}`;
  expect(await api.get(more === "" ? path : `${path}&${more}`)).toMatchObject({ status: 200, json: { status: "ok" } });
}

/** An experiment whose traffic a call has set to 0.25. */
async function made(): Promise<string> {
  experiments += 1;
  const experiment = `old-${experiments}`;
  await call(experiment, "first", "traffic_fraction=0.25");
  return experiment;
}

async function trafficOf(experiment: string): Promise<number> {
  return currentEpoch(await storedExperiment(api.store, experiment)).trafficFraction;
}

it("are eleven clients in eight languages", () => {
  expect(rows).toHaveLength(11);
});

describe.each(rows)("the arguments of $client", ({ unasked, effect }) => {
  const [, becomes = "0.25"] = /the stored traffic (?:becomes (\d\.?\d*)|stays)/.exec(effect) ?? [];

  it("change the traffic that calls decide as the table says", async () => {
    const experiment = await made();
    await call(experiment, "second", unasked);
    expect(await trafficOf(experiment)).toBe(Number(becomes));
    expect(effect).toContain("the stored traffic");
  });

  it("leave the traffic alone that a person has set", async () => {
    const experiment = await made();
    await setTrafficFraction({ store: api.store, clock: make.clock() }, { name: experiment, actor: "ann" }, 0.75);
    await call(experiment, "second", unasked);
    expect(await trafficOf(experiment)).toBe(0.75);
  });

  it("are those of somebody who takes part", async () => {
    const experiment = `${await made()}-all`;
    await call(experiment, "visitor", unasked.replace("0.5", "1"));
    expect(await api.get(`/experiments/${experiment}`)).toMatchObject({ json: { total_participants: 1 } });
  });
});
