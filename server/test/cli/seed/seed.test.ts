import { describe, expect, it } from "vitest";
import { EXPERIMENTS, visitorsOf } from "../../../src/cli/seed/scenario.ts";
import { cleanUpAfterEach, run, start } from "../../support/command.ts";

cleanUpAfterEach();

const SCALE = 0.02;

interface Listed {
  readonly name: string;
  readonly total_participants: number;
  readonly excluded_clients: number;
  readonly kpis: readonly string[];
  readonly alternatives: readonly { readonly data: readonly unknown[] }[];
}

async function seeded(seed: number): Promise<{ stdout: string; stderr: string; listed: readonly Listed[] }> {
  const server = start({ args: ["start", "--storage", "memory", "--port", "0", "--web-port", "0"] });
  const [, api = "", dashboard = ""] = await server.printed(/API +(\S+)\n +Dashboard +(\S+)\n/);
  const ended = await run({ args: ["seed", "--url", api, "--seed", String(seed), "--scale", String(SCALE)] });
  expect(ended.code).toBe(0);
  const body = await (await fetch(`${dashboard}/experiments.json`)).json();
  await server.stop();
  return { ...ended, listed: (body as { experiments: readonly Listed[] }).experiments };
}

describe("sixpack seed", () => {
  it("fills a running server with six experiments over four weeks, the same for the same seed", async () => {
    const first = await seeded(5);
    expect(first.listed.map(({ name }) => name).sort()).toEqual(EXPERIMENTS.map(({ name }) => name).sort());
    for (const { name, total_participants, excluded_clients } of first.listed) {
      const planned = EXPERIMENTS.find((experiment) => experiment.name === name);
      expect(total_participants + excluded_clients, name).toBe(planned && visitorsOf(planned, SCALE));
    }
    const button = first.listed.find(({ name }) => name === "checkout-button");
    expect(button?.alternatives[0]?.data.length).toBe(28);
    // What is data is on stdout, what is talk on stderr; the bar is for terminals.
    expect(first.stdout).toMatch(/^checkout-button: visitors green \d+, orange \d+; conversions/m);
    expect(first.stderr).toMatch(/^Sending \d+ visitors of 28 days to \S+\n$/);
    const second = await seeded(5);
    expect(second.stdout).toBe(first.stdout);
    expect((await seeded(6)).stdout).not.toBe(first.stdout);
  });

  it("says what to do when nothing answers, or something else does", async () => {
    const nobody = await run({ args: ["seed", "--url", "http://127.0.0.1:9"] });
    expect({ code: nobody.code, stderr: nobody.stderr }).toEqual({
      code: 1,
      stderr: "Nothing answers at http://127.0.0.1:9. Start a server with `sixpack start`, or name one with --url.\n",
    });
    const web = start({ args: ["web", "--storage", "memory", "--port", "0"] });
    const [, url = ""] = await web.printed(/Dashboard +(\S+)/);
    const { code, stderr } = await run({ args: ["seed", "--url", url] });
    expect(code).toBe(1);
    expect(stderr).toContain("The dashboard has another port.");
  });
});
