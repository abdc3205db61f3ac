/** Processor time and memory of a running process and all that it started, from /proc; NaN where there is none. */
import { readFileSync } from "node:fs";

type Process = { readonly pid?: number | undefined };

/** What the kernel counts processor time in; every Linux that Node runs on has 100 a second. */
const TICK_MS = 10;

/** Of all threads. */
export function familyCpuMs(parent: Process): number {
  return ofFamily(parent, (pid) => {
    // The name may hold anything, so fields are counted from the bracket that ends it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  });
}

export type Resident = "VmRSS" | "RssAnon";

export function familyMiB(parent: Process, kind: Resident = "VmRSS"): number {
  return ofFamily(parent, (pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(new RegExp(`${kind}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024;
  });
}

function ofFamily({ pid }: Process, figureOf: (pid: number) => number): number {
  try {
    return family(Number(pid)).reduce((sum, member) => sum + figureOf(member), 0);
  } catch {
    return Number.NaN;
  }
}

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}
