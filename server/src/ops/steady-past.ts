/**
 * A moment that has surely passed, for work that can't be undone.
 *
 * Each call returns what the wall clock said at the call before, and nothing if the clock was set in between: a clock
 * that is days ahead for a while must not start what is due in days.
 */

/** How far the wall clock may have moved apart from the time that passed, in milliseconds: NTP slews far less in an hour. */
const APART_MS_MAX = 60_000;

/**
 * @param nowMs the wall clock
 * @param settleMs how long after such a jump it goes on answering with nothing, in milliseconds
 * @param elapsedMs milliseconds since any moment, by a clock that nobody sets
 */
export function steadyPast(
  nowMs: () => number,
  settleMs = 0,
  elapsedMs = () => performance.now(),
): () => number | undefined {
  const read = () => ({ nowMs: nowMs(), elapsedMs: elapsedMs() });
  let last = read();
  let jumpedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const before = last;
    last = read();
    const apartMs = last.nowMs - before.nowMs - (last.elapsedMs - before.elapsedMs);
    if (Math.abs(apartMs) > APART_MS_MAX) jumpedMs = last.elapsedMs;
    else if (last.elapsedMs - jumpedMs >= settleMs) return before.nowMs;
    return undefined;
  };
}
