/** Servers of a simulation end with it, also where it breaks off: nothing may be left that runs on. */
import type { ChildProcess } from "node:child_process";

const running = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of running) endGroup(child);
});
// Without these the process would end and run none of what stands above, nor what ends a Redis.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

/** @param child started `detached`, so that its workers end with it */
export function endsWithUs(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** The whole of it at once: no goodbye of anybody. */
export function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
