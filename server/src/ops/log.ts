/**
 * Logs: JSON lines on stderr for machines; readable lines where a person looks on (a terminal, or SIXPACK_DEBUG=true).
 * Raw client ids never go into a log.
 */
import { type Logger, pino } from "pino";

export type { Logger } from "pino";

export interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  readonly readable: boolean;
  readonly write: (line: string) => void;
}

export function createLog({ level, readable, write }: LogOptions): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: readable ? (line) => write(readableLine(line)) : write },
  );
}

interface Line {
  readonly level?: string;
  readonly time?: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string; readonly message?: string };
  readonly [field: string]: unknown;
}

/** `15:04:05.678 info  started api=http://localhost:5000`, with the stack of an error below it. */
function readableLine(json: string): string {
  const { level = "", time = "", msg = "", err, ...fields }: Line = JSON.parse(json);
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
  const stack = err === undefined ? "" : `\n${err.stack ?? err.message ?? ""}`;
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${msg}${rest.join("")}${stack}\n`;
}

function valueText(value: unknown): string {
  return typeof value === "string" && !/[\s"]/.test(value) ? value : JSON.stringify(value);
}
