/** The clock that `main.ts` hands down. Nothing below reads another one. */
import type { Day } from "./period.ts";

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
  /** The calendar day in the server's time zone. */
  today(): Day;
  /** The day of a moment in it. */
  dayAt(atMs: number): Day;
  /** How far the server's wall clock is ahead of UTC at that moment, in milliseconds. */
  offsetAt(atMs: number): number;
}
