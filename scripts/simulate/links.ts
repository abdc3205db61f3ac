/**
 * Two ids of one person: what is claimed of them (`logins.ts`), and that nothing is lost where servers are killed while they
 * link (`killed-links.ts`). The parts have nothing to do with each other, so each has a process of its own.
 */
import { fork } from "node:child_process";
import { LINK_PARTS } from "./links-part.ts";
import type { Target } from "./target.ts";

export async function links(): Promise<Target[]> {
  return (await Promise.all(Object.keys(LINK_PARTS).map(played))).flat();
}

function played(part: string): Promise<Target[]> {
  const child = fork(new URL("./links-part.ts", import.meta.url), [part]);
  let targets: Target[] | undefined;
  return new Promise((resolve, reject) => {
    child.on("message", (message: Target[]) => {
      targets = message;
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (targets !== undefined && code === 0) resolve(targets);
      else reject(new Error(`Expected the part ${part} played, got ${code}`));
    });
  });
}
