/**
 * Logs: JSON lines on stderr for machines; readable lines where a person looks on (a terminal, or SIXPACK_DEBUG=true).
 * Raw client ids never go into a log.
 *
 * What strangers can make the server say is bounded here, once for every line: how long a text in it may be, and how
 * often one thing is said in a second.
 */
import { type Logger, pino } from "pino";
import { Ration } from "./ration.ts";

export type { Logger } from "pino";

interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  readonly readable: boolean;
  readonly write: (line: string) => void;
  /** Number of the process among its like; said in every line. */
  readonly worker?: number | undefined;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly elapsedMs?: () => number;
}

/** Most lines of one message in a second; the next one written says how many were left out. */
export const LINES_PER_SECOND_MAX = 10;
/** Longest text in a line, in UTF-16 code units; a name, a path or a header may be much longer. */
export const LOGGED_TEXT_LENGTH_MAX = 1_024;
/** The same of the stack of an error, which is ours. */
export const LOGGED_STACK_LENGTH_MAX = 8_192;

export function createLog(options: LogOptions): Logger {
  const { level, readable, worker, elapsedMs = () => performance.now() } = options;
  const ration = new Ration(LINES_PER_SECOND_MAX, elapsedMs);
  const write = (line: string) => options.write(line);
  return pino(
    {
      level,
      hooks: {
        logMethod(args, method, number) {
          // Lines of debugging are asked for.
          const untold = number < INFO ? 0 : ration.take(keyOf(args));
          if (untold === undefined) return;
          if (untold === 0) return method.apply(this, args);
          const [fields, ...rest] = args as unknown[];
          const told =
            fields instanceof Error
              ? [{ err: fields, untold }, ...(rest.length === 0 ? [fields.message] : rest)]
              : typeof fields === "string"
                ? [{ untold }, fields, ...rest]
                : [{ ...(fields as object), untold }, ...rest];
          return method.apply(this, told as typeof args);
        },
      },
      base: worker === undefined ? null : { worker },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: readable
        ? (line) => write(readableLine(bounded(line)))
        : (line) => write(`${shown(bounded(line).trimEnd())}\n`),
    },
  );
}

/** The number of the level `info`. */
const INFO = 30;

/** What a line says, whatever its fields: messages are texts of ours. An error that is logged alone is its message. */
function keyOf([first, second]: readonly unknown[]): string {
  if (typeof first === "string") return first;
  return typeof second === "string" ? second : first instanceof Error ? "error" : "";
}

/** A line whose texts are cut; most lines are short as they are. */
function bounded(line: string): string {
  if (line.length <= LOGGED_TEXT_LENGTH_MAX) return line;
  return JSON.stringify(JSON.parse(line), (field, value: unknown) => {
    if (typeof value !== "string") return value;
    const most = field === "stack" ? LOGGED_STACK_LENGTH_MAX : LOGGED_TEXT_LENGTH_MAX;
    return value.length <= most ? value : `${value.slice(0, most).toWellFormed()}… (${value.length} characters)`;
  });
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
