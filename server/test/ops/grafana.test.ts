/** Dashboards and alerts are code that nobody runs here: what they ask for must at least be there. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Metrics } from "../../src/ops/metrics.ts";
import { StoreMeter } from "../../src/ops/store-meter.ts";

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
}

/** Names of series that stand in a text. */
function asked(text: string): string[] {
  return [...new Set([...text.matchAll(/\b(?:sixpack|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name))].sort();
}

async function served(): Promise<ReadonlySet<string>> {
  const meter = new StoreMeter();
  meter.countsOf("any").participations += 1;
  meter.segments.count("any", [{ name: "plan", values: ["free"] }], [1]);
  const cache = () => ({ slots: 1, used: 0 });
  const metrics = new Metrics({ store: meter, queue: { inFlight: 0, refused: 0 }, cache, version: "0" });
  metrics.observe("participate", 200, 1);
  const { body } = await metrics.text();
  return new Set([...body.matchAll(/^([a-z]\w+)/gm)].map(([, name = ""]) => name));
}

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

describe("metrics that are asked for exist", () => {
  it("in every query of deploy/grafana.json", async () => {
    const names = await served();
    const { panels }: { panels: readonly Panel[] } = JSON.parse(read("deploy/grafana.json"));
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(10);
    for (const query of queries) {
      const wanted = asked(query);
      expect(wanted.length, query).toBeGreaterThan(0);
      for (const name of wanted) expect(names.has(name), name).toBe(true);
    }
  });

  it("in every rule of deploy/alerts.yml, each of which docs/operations.md explains", async () => {
    const names = await served();
    const rules = read("deploy/alerts.yml");
    for (const name of asked(rules)) expect(names.has(name), name).toBe(true);
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const explained = [...read("docs/operations.md").matchAll(/^\| `(Sixpack\w+)` \|/gm)].map(([, name]) => name);
    expect(explained).toEqual(alerts);
  });

  it("in docs/operations.md, which has every series of ours", async () => {
    const names = await served();
    const documented = asked(read("docs/operations.md"));
    for (const name of documented) expect(names.has(name) || names.has(`${name}_count`), name).toBe(true);
    for (const name of names) {
      const base = name.replace(/_(?:bucket|sum|count)$/, "");
      if (name.startsWith("sixpack_")) expect(documented, name).toContain(base);
    }
  });
});
