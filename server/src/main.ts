/** The top of the house: reads argv, env, clock and entropy, and hands them down. Nobody else does. */
import { randomBytes } from "node:crypto";
import { runCli } from "./cli/program.ts";
import type { Output, Program, World } from "./cli/world.ts";

/** Runs a program of package.json's `bin` to its end. */
export async function main(program: Program): Promise<void> {
  process.exitCode = await runCli(world(program));
}

function world(program: Program): World {
  return {
    program,
    args: process.argv.slice(2),
    env: process.env,
    out: output(process.stdout),
    err: output(process.stderr),
    input: { read: readInput, isTerminal: process.stdin.isTTY === true },
    nowMs: Date.now,
    randomBytes,
    onSignal,
    exit: (code) => process.exit(code),
  };
}

function output(stream: NodeJS.WriteStream): Output {
  // Whoever reads us may stop early, as `| head` does; that is no failure of ours.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return { write: (text) => void stream.write(text), isTerminal: stream.isTTY === true };
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

function onSignal(heard: (signal: string) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, heard);
  return () => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
}
