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
  /** Number of the process among its like; said in every line. */
  readonly worker?: number | undefined;
}

export function createLog({ level, readable, write, worker }: LogOptions): Logger {
  return pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: readable ? (line) => write(readableLine(line)) : (line) => write(`${shown(line.trimEnd())}\n`) },
  );
}

/** How often one kind of trouble is told, in milliseconds: a peer that is gone fails several times a second. */
const TROUBLE_INTERVAL_MS = 10_000;

/**
 * Warns of errors that mend themselves: the first at once, then one line per interval with how many it stands for.
 * @param elapsedMs milliseconds since any moment, by a clock that nobody sets: set back, the wall clock would keep
 *   trouble quiet until it has caught up
 */
export function occasional(log: Logger, part: string, elapsedMs = () => performance.now()): (error: Error) => void {
  let quietUntilMs = 0;
  let untold = 0;
  return (error) => {
    const now = elapsedMs();
    if (now < quietUntilMs) {
      untold += 1;
      return;
    }
    log.warn({ error: error.message, ...(untold > 0 ? { times: untold + 1 } : {}) }, `trouble with ${part}`);
    quietUntilMs = now + TROUBLE_INTERVAL_MS;
    untold = 0;
  };
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
  const text = JSON.stringify(value);
  return shown(typeof value === "string" && !/\s/.test(value) && text === `"${value}"` ? value : text);
}

/** What JSON leaves as it is and some programs take for the end of a line, or a terminal obeys. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Characters that can't be seen, written as JSON may write them. */
function shown(json: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json.replace(UNSEEN, (character) => character.split("").map(escaped).join(""));
}
