/** The top of the house: reads argv, env, clock and entropy, and hands them down. Nobody else does. */
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { runCli } from "./cli/program.ts";
import type { Output, Program, World } from "./cli/world.ts";

/** Runs a program of package.json's `bin` to its end. */
export async function main(program: Program): Promise<void> {
  // Whatever is made on disk, by LevelDB too, is for the server's user alone: it may hold ids of people.
  process.umask(0o077);
  process.exitCode = await runCli(world(program));
}

function world(program: Program): World {
  return {
    program,
    args: process.argv.slice(2),
    env: process.env,
    nodeVersion: process.versions.node,
    out: output(process.stdout, failAtTheEnd()),
    // Where the log's disk is full, its lines are lost and nothing else.
    err: output(process.stderr, () => {}),
    input: { read: readInput, isTerminal: process.stdin.isTTY === true, stream: process.stdin },
    nowMs: Date.now,
    randomBytes,
    onSignal,
    onReload,
    exit: (code) => process.exit(code),
  };
}

/** Whoever reads us may stop early, as `| head` does; that is no failure of ours. */
function output(stream: NodeJS.WriteStream, onFailure: (error: Error) => void): Output {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") onFailure(error);
  });
  return { write: (text) => void stream.write(text), isTerminal: stream.isTTY === true, stream };
}

/** A command that could not print what it was asked for says so once, and fails. A server serves all the same. */
function failAtTheEnd(): (error: Error) => void {
  let told = false;
  return ({ message }) => {
    if (told) return;
    told = true;
    process.stderr.write(`error: expected standard output to take what is printed, got: ${message}\n`);
    process.once("exit", () => {
      process.exitCode ||= 1;
    });
  };
}

/** From a person one line that doesn't show; from a pipe or file everything. */
async function readInput(): Promise<string> {
  if (process.stdin.isTTY === true) return readHiddenLine();
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/** As a terminal readline turns the echo off, and what it would echo instead goes nowhere. */
async function readHiddenLine(): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  lines.on("SIGINT", () => process.exit(130));
  try {
    return await lines.question("");
  } finally {
    lines.close();
  }
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

function onSignal(heard: (signal: string) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, heard);
  return () => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
}

function onReload(heard: () => void): () => void {
  process.on("SIGHUP", heard);
  return () => process.off("SIGHUP", heard);
}
