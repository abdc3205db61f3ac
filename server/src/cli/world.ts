/**
 * Everything that a command reads from its environment. `main.ts` fills it in; nothing below reads `process` for these.
 */
import type { Readable } from "node:stream";
import type { Environment } from "../config/load.ts";

export type Program = "sixpack" | "sixpack-web";

/** A stream that text is written to, and whether a person watches it. */
export interface Output {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** The stream itself, for libraries that draw on it. */
  readonly stream: NodeJS.WritableStream;
}

export interface World {
  readonly program: Program;
  /** Arguments after the program's name. */
  readonly args: readonly string[];
  readonly env: Environment;
  /** Of the Node that runs this, without a `v`. */
  readonly nodeVersion: string;
  /** Data. */
  readonly out: Output;
  /** Talk: progress, warnings, errors, logs. */
  readonly err: Output;
  /** Standard input: a line that a person types without seeing it, or everything from a pipe; and which of the two. */
  readonly input: {
    readonly read: () => Promise<string>;
    readonly isTerminal: boolean;
    /** The stream itself, for protocols that are spoken on it. */
    readonly stream: Readable;
  };
  /** Milliseconds since 1970, UTC. */
  readonly nowMs: () => number;
  readonly randomBytes: (count: number) => Buffer;
  /** Calls back once per SIGINT or SIGTERM. Returns a function that stops listening. */
  readonly onSignal: (heard: (signal: string) => void) => () => void;
  /** Calls back once per SIGHUP, which asks for the settings to be read again. Returns a function that stops listening. */
  readonly onReload: (heard: () => void) => () => void;
  /** Ends the process now. */
  readonly exit: (code: number) => never;
}

/**
 * 0 went well, 1 failed, 2 was asked for wrongly: an unknown option, a configuration that can't be; 3 what is asked can't be
 * reached: nobody answers, or another process has the folder open. From 10 on they are verdicts: `gate/exit-codes.ts`.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 10 | 11 | 20 | 21 | 30 | 40;

/** A failure that a person reads: the message says what happened and what to do, without a stack. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}

/**
 * What a person reads of a file that can't be read or written. Other errors pass as they are: those of the store have codes
 * too, but only those of files name a call.
 */
export function fileError(error: unknown, file: string, exitCode: ExitCode = 1): unknown {
  if (!(error instanceof Error && "code" in error && "syscall" in error)) return error;
  switch (error.code) {
    case "ENOENT":
      return new CliError(`No file ${file}.`, exitCode, { cause: error });
    case "EISDIR":
      return new CliError(`Expected a file, got the folder ${file}.`, exitCode, { cause: error });
    case "EEXIST":
      return new CliError(`${file} is there already. Name another file, or remove it first.`, exitCode, {
        cause: error,
      });
    default:
      return new CliError(`${file}: ${error.message}`, exitCode, { cause: error });
  }
}

/** Whether an output may be coloured: a person watches and has not said no (https://no-color.org). */
export function isColored({ env }: World, output: Output): boolean {
  const refused = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  return output.isTerminal && !refused;
}
