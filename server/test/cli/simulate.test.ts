import { Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { runCli } from "../../src/cli/program.ts";
import type { Output, World } from "../../src/cli/world.ts";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function simulate(...args: readonly string[]): Promise<Ran> {
  return simulateAt(false, ...args);
}

async function simulateAt(isTerminal: boolean, ...args: readonly string[]): Promise<Ran> {
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
    return { write, isTerminal, stream: Object.assign(stream, { isTTY: isTerminal, columns: 120 }) };
  };
  let nowMs = 0;
  const world: World = {
    program: "sixpack",
    args: ["simulate", ...args],
    env: {},
    nodeVersion: "20.19.0",
    out: output("out"),
    err: output("err"),
    input: { read: async () => "", isTerminal: false, stream: Readable.from([]) },
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
    expect(users).toBe(17_125);
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

  it("tells its progress on a terminal, beside what it prints, and in no pipe", async () => {
    const { stdout, stderr } = await simulateAt(true, "--runs", "20", "--users", "500");
    expect(stderr).toContain("20/20 runs");
    expect(stdout).not.toContain("/20 runs");
    expect((await simulate("--runs", "20", "--users", "500")).stderr).toBe("");
  });

  it("shows what a bandit saves, that it rarely ends on a worse arm, and which claims to believe", async () => {
    const { stdout } = await simulate(
      ...["--policy", "thompson", "--runs", "300", "--users", "20000", "--drift", "0.9", "--json"],
    );
    const { result, looks } = JSON.parse(stdout);
    // As a server begins them: 19 of 200 up to 3,800 clients, then each a twentieth of all with it.
    expect(looks).toBe(19 + Math.ceil(Math.log(20_000 / 3_800) / Math.log(1 / 0.95)));
    expect(result.regret).toBeLessThan(0.75 * result.regretUniform);
    expect(result.lockIn).toBeLessThan(0.02);
    // Upper 99.9 % limit of 5 % over 300 runs: .05 + 3.1 · sqrt(.05 · .95 / 300) = .089.
    expect(result.falsePositives.explore).toBeLessThan(0.089);
    // With a drifting base rate the pooled test is wrong far more often.
    expect(result.falsePositives.pooled).toBeGreaterThan(2 * 0.089);
  });

  it("compares the arm with the uplift, however many there are, in a table that explains itself", async () => {
    const args = ["--policy", "thompson", "--goal", "learn", "--arms", "4", "--uplift", "60%", "--runs", "40"];
    const { stdout } = await simulate(...args, "--users", "20000", "--looks", "15");
    // An uplift of 60 % among 4 arms of 5,000 clients is hard to miss.
    expect(Number(/within batches +[\d.]+% +([\d.]+)%/.exec(stdout)?.[1])).toBeGreaterThan(90);
    expect(stdout).toContain("seed 1, to learn\n");
    expect(stdout).toMatch(/free traffic to the best arm, at the end +[\d.]+% +25%/);
    expect(stdout).toContain("False positives: share of experiments without any difference");
    expect(stdout).toContain("20,000 visitors in all, 15 batches, 40 runs");
  });

  it.each([
    [["--baseline", "150%"], "Expected a fraction from"],
    [["--arms", "2.5"], "Expected a whole number from 2 to 20."],
    [["--baseline", "60%", "--uplift", "80%"], "Expected an uplift that leads to a rate between 0 and 1, got 108%."],
    [["--uplift", "0"], "Expected an uplift"],
    [["--policy", "bandit"], "Allowed choices are uniform, thompson."],
    [["--goal", "learn"], "Expected --goal only with --policy thompson."],
    [["--drift", "50%"], "Expected --drift only with --policy thompson."],
    [["--policy", "thompson", "--drift", "2"], "Expected a fraction from 0 to 1"],
    [
      ["--policy", "thompson", "--baseline", "60%", "--drift", "0.9"],
      "Expected a drift that leads to rates up to 1, got 136.8%.",
    ],
  ])("answers %j with exit code 2 and what it expected", async (args, message) => {
    const { code, stdout, stderr } = await simulate(...args);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});
