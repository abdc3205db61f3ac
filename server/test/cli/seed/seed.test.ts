import { describe, expect, it } from "vitest";
import { EXPERIMENTS, visitorsOf } from "../../../src/cli/seed/scenario.ts";
import { run, start } from "../../support/command.ts";

const SCALE = 0.02;

interface Listed {
  readonly name: string;
  readonly total_participants: number;
  readonly excluded_clients: number;
  readonly kpis: readonly string[];
  readonly alternatives: readonly { readonly data: readonly unknown[] }[];
}

interface Seeded {
  readonly stdout: string;
  readonly stderr: string;
  readonly listed: readonly Listed[];
}

/** @param after with the server still up */
async function seeded(seed: number, after = async (_api: string, _dashboard: string) => {}): Promise<Seeded> {
  const server = start({ args: ["start", "--storage", "memory", "--port", "0", "--web-port", "0"] });
  const [, api = "", dashboard = ""] = await server.printed(/API +(\S+)\n +Dashboard +(\S+)\n/);
  const where = ["--url", api, ...(seed === 6 ? [] : ["--dashboard", dashboard])];
  const ended = await run({ args: ["seed", ...where, "--seed", String(seed), "--scale", String(SCALE)] });
  expect(ended.code).toBe(0);
  const body = await (await fetch(`${dashboard}/experiments.json`)).json();
  await after(api, dashboard);
  await server.stop();
  return { ...ended, listed: (body as { experiments: readonly Listed[] }).experiments };
}

describe("sixpack seed", () => {
  it("fills a running server with eight experiments over four weeks, the same for the same seed", async () => {
    const first = await seeded(5);
    expect(first.listed.map(({ name }) => name).sort()).toEqual(EXPERIMENTS.map(({ name }) => name).sort());
    for (const { name, total_participants, excluded_clients } of first.listed) {
      const planned = EXPERIMENTS.find((experiment) => experiment.name === name);
      const came = total_participants + excluded_clients;
      const visitors = planned === undefined ? 0 : visitorsOf(planned, SCALE);
      if (planned?.segments === undefined) expect(came, name).toBe(visitors);
      else {
        // Some of those with one browser never arrive.
        expect(came).toBeLessThan(visitors);
        expect(came).toBeGreaterThan(visitors / 2);
      }
    }
    // What it prints is what the server lists.
    const newsletter = first.listed.find(({ name }) => name === "footer-newsletter");
    const [, short = "", long = "", excluded = ""] =
      /^footer-newsletter: visitors long (\d+), short (\d+); .*; outside the traffic (\d+)$/m.exec(first.stdout) ?? [];
    expect(Number(short) + Number(long)).toBe(newsletter?.total_participants);
    expect(Number(excluded)).toBe(newsletter?.excluded_clients);
    const button = first.listed.find(({ name }) => name === "checkout-button");
    expect(button?.alternatives[0]?.data.length).toBe(28);
    // What is data is on stdout, what is talk on stderr; the bar is for terminals.
    expect(first.stdout).toMatch(/^checkout-button: visitors green \d+, orange \d+; conversions/m);
    expect(first.stderr).toMatch(/^Sending [\d,]+ visitors of 28 days to \S+\n$/);
    const second = await seeded(5);
    expect(second.stdout).toBe(first.stdout);
    const other = await seeded(6, async (api, dashboard) => {
      const headers = { accept: "application/json", "content-type": "application/json" };
      await fetch(`${dashboard}/experiments/checkout-button/archive`, { method: "POST", headers, body: "{}" });
      const again = await run({ args: ["seed", "--url", api, "--scale", "0.001", "--days", "1"] });
      expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^homepage-hero: visitors photo \d/) });
      expect(again.stderr).toMatch(/^Left out checkout-button: it is archived, and nothing is counted\.\n/);
    });
    expect(other.stdout).not.toBe(first.stdout);
    // Without a dashboard nothing declares segments.
    expect(other.listed.map(({ name }) => name)).not.toContain("gallery-swipe");
    expect(other.stderr).toContain("Left out gallery-swipe, whose segments have to be declared first. Name the dash");
  });

  it("says what to do when nothing answers, or something else does", async () => {
    const nobody = await run({ args: ["seed", "--url", "http://127.0.0.1:9"] });
    expect({ code: nobody.code, stderr: nobody.stderr }).toEqual({
      code: 3,
      stderr: "Nothing answers at http://127.0.0.1:9. Start a server with `sixpack start`, or name one with --url.\n",
    });
    const web = start({ args: ["web", "--storage", "memory", "--port", "0"] });
    const [, url = ""] = await web.printed(/Dashboard +(\S+)/);
    const { code, stderr } = await run({ args: ["seed", "--url", url] });
    expect(code).toBe(1);
    expect(stderr).toContain("The dashboard has another port.");
  });

  it.each(["--days", "--seed", "--concurrency"])("takes whole numbers alone for %s", async (option) => {
    const { code, stderr } = await run({ args: ["seed", option, "2.5"] });
    expect([code, stderr]).toEqual([2, expect.stringContaining("Expected a whole number from")]);
  });
});
