/** Built commands as processes of their own: what they print where, and how they end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { atTheEnd } from "./one-test.ts";
import { PATIENCE_MS, PATIENT_REDIS } from "./patience.ts";

export const SIXPACK = fileURLToPath(new URL("../../bin/sixpack.js", import.meta.url));
export const SIXPACK_WEB = fileURLToPath(new URL("../../bin/sixpack-web.js", import.meta.url));

interface Invocation {
  readonly script?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input, then its end. */
  readonly input?: string;
  readonly cwd?: string;
  /** The Node that runs it; the one of the tests when left out. */
  readonly node?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Command {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly ended: Promise<Ended>;

  constructor({ script = SIXPACK, args = [], env = {}, input, cwd, node = process.execPath }: Invocation) {
    const child = spawn(node, [script, ...args], {
      cwd: cwd ?? tmpdir(),
      // A developer's own SIXPACK_… must not reach what is tested.
      env: { PATH: process.env["PATH"], ...PATIENT_REDIS, ...env },
    });
    this.child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    // A command that never reads its input may be gone before it is written.
    child.stdin.on("error", () => {}).end(input ?? "");
    this.ended = once(child, "close").then(([code]) => ({ code, stdout: this.stdout, stderr: this.stderr }));
  }

  /** Resolves with the match as soon as standard output has it. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const endMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null || performance.now() > endMs) {
        throw new Error(`Expected ${pattern} on stdout, got:\n${this.stdout}\nand on stderr:\n${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** As an operator would. */
  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

export function run(invocation: Invocation): Promise<Ended> {
  return new Command(invocation).ended;
}

/** A server that the test's end stops at the latest. */
export function start(invocation: Invocation): Command {
  const command = new Command(invocation);
  atTheEnd(() => command.stop("SIGKILL"));
  return command;
}
