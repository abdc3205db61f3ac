import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { runCli } from "../../src/cli/program.ts";
import type { Output, World } from "../../src/cli/world.ts";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function simulate(...args: readonly string[]): Promise<Ran> {
  const texts = { out: "", err: "" };
  const output = (name: "out" | "err"): Output => {
    const write = (text: string) => {
      texts[name] += text;
    };
    const stream = new Writable({
      write(chunk, _encoding, done) {
        write(String(chunk));
        done();
      },
    });
    return { write, isTerminal: false, stream };
  };
  let nowMs = 0;
  const world: World = {
    program: "sixpack",
    args: ["simulate", ...args],
    env: {},
    nodeVersion: "20.19.0",
    out: output("out"),
    err: output("err"),
    input: { read: async () => "", isTerminal: false },
    nowMs: () => (nowMs += 1),
    randomBytes: () => Buffer.alloc(0),
    onSignal: () => () => {},
    onReload: () => () => {},
    exit: () => {
      throw new Error("Expected no exit");
    },
  };
  const code = await runCli(world);
  return { code, stdout: texts.out, stderr: texts.err };
}

describe("sixpack simulate", () => {
  it("shows what looking does: the usual test claims too often, this server's keep to 5 %", async () => {
    const { code, stdout } = await simulate("--runs", "1000", "--looks", "50", "--seed", "7", "--json");
    expect(code).toBe(0);
    const { result, users } = JSON.parse(stdout);
    // Both arms for 80 % power from 5 % to 6 % at alpha .04: the pooled formula, with quantiles of Python's NormalDist.
    expect(users).toBe(17_427);
    // 50 looks give .32 in theory (Armitage, McPherson & Rowe 1969), less the gate of 20 conversions.
    expect(result.naive.falsePositiveRate).toBeGreaterThan(0.2);
    // Upper 99.9 % limit of 5 % over 1,000 runs: .05 + 3.1 · sqrt(.05 · .95 / 1000) = .071.
    for (const rule of ["fixed", "alwaysValid", "hybrid"]) {
      expect(result[rule].falsePositiveRate).toBeLessThan(0.071);
    }
    // A planned power of 80 %, less 3.1 standard errors of .013 and what the hybrid rule gives away.
    expect(result.hybrid.power).toBeGreaterThan(0.73);
    expect(result.hybrid.expectedUsers).toBeLessThan(result.fixed.expectedUsers);
  });

  it("gives the same figures for the same seed, and others for another", async () => {
    const run = (seed: string) => simulate("--runs", "50", "--users", "2000", "--seed", seed);
    const [first, again, other] = [await run("3"), await run("3"), await run("4")];
    expect(again.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);
    expect(first.stdout).toContain("hybrid, with this size planned");
  });

  it("tells its progress on stderr only", async () => {
    const { stdout, stderr } = await simulate("--runs", "20", "--users", "500");
    expect(stderr).toContain("20/20 runs");
    expect(stdout).not.toContain("/20 runs");
  });

  it("simulates the bandit for the policy thompson", async () => {
    const { stdout } = await simulate(
      "--policy",
      "thompson",
      "--runs",
      "20",
      "--users",
      "10000",
      "--looks",
      "20",
      "--json",
    );
    const { result } = JSON.parse(stdout);
    expect(result.regret).toBeLessThan(result.regretUniform);
  });

  it.each([
    [["--baseline", "150%"], "Expected a fraction from"],
    [["--arms", "2.5"], "Expected a whole number from 2 to 20."],
    [["--baseline", "60%", "--uplift", "80%"], "Expected an uplift that leads to a rate between 0 and 1, got 108 %."],
    [["--uplift", "0"], "Expected an uplift"],
  ])("answers %j with exit code 2 and what it expected", async (args, message) => {
    const { code, stdout, stderr } = await simulate(...args);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});
