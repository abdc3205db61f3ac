/** `sixpack doctor`: one line per thing that has to be right, each with what to do where it is not. */
import { styleText } from "node:util";
import type { LoadOutcome } from "../../config/load.ts";
import { type Finding, fail, ok } from "../../ops/finding.ts";
import { type ExitCode, isColored, type World } from "../world.ts";
import { checkClock, checkNode, checkPorts, checkSettings } from "./machine.ts";
import { checkStorage } from "./storage.ts";

export interface DoctorOptions {
  /** Counts every client record anew and compares. Takes minutes on a large store. */
  readonly records?: boolean;
}

/** Prints findings as they come. @returns 1 if anything fails */
export async function doctor(world: World, outcome: LoadOutcome, options: DoctorOptions): Promise<ExitCode> {
  let failed = false;
  const print = (...findings: readonly Finding[]): void => {
    for (const finding of findings) {
      failed ||= finding.level === "fail";
      world.out.write(`${findingLine(finding, isColored(world, world.out))}\n`);
    }
  };
  print(checkNode(world.nodeVersion));
  if (outcome.kind === "refused") {
    print(...outcome.problems.map((problem) => fail("configuration", problem, "see sixpack config --docs")));
    return 1;
  }
  const { config, file } = outcome;
  print(ok("configuration", file ?? "no file; environment and defaults"));
  print(checkClock(config, world.nowMs()), ...checkSettings(config));
  print(...(await checkPorts(config)));
  print(...(await checkStorage(outcome, world.nowMs, options.records === true)));
  return failed ? 1 : 0;
}

const COLORS = { ok: "green", warn: "yellow", fail: "red" } as const;

/** `fail  data folder: … → what to do`, on one line, so that it can be searched. */
function findingLine({ level, subject, text, advice }: Finding, colored: boolean): string {
  const word = level.padEnd(4);
  const head = `${colored ? styleText(COLORS[level], word) : word}  ${subject}: ${text}`;
  return advice === undefined ? head : `${head} → ${advice}`;
}
