/** `sixpack shadow`: the same requests to the old server and the new one, and every difference in their answers. */
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { progressBar } from "../progress-bar.ts";
import { CliError, type ExitCode, fileError, type World } from "../world.ts";
import { type Answer, differences, IGNORED_FIELDS } from "./differences.ts";
import { requestIn, withoutRecording } from "./requests.ts";

export interface ShadowArguments {
  /** Addresses of the two servers. */
  readonly old: string;
  readonly new: string;
  /** Requests a second, at most. */
  readonly rate: number;
  /** Asks for alternatives with `prefetch` and leaves conversions out, so that neither server records anything. */
  readonly record: boolean;
  /** Fields not to compare, beside IGNORED_FIELDS. */
  readonly ignore?: readonly string[];
}

/** How long one answer may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

interface Counts {
  asked: number;
  different: number;
  skipped: number;
}

/** In the order of the file, one request after the other: what a client gets depends on what it did before. */
export async function shadow(world: World, file: string, args: ShadowArguments): Promise<ExitCode> {
  const targets = await targetsOf(file, args.record);
  const counts: Counts = { asked: 0, different: 0, skipped: targets.skipped };
  const bar = progressBar(world, "requests");
  bar.start(targets.list.length, 0);
  const startedMs = performance.now();
  try {
    for (const target of targets.list) {
      await waitForTurn(counts.asked, args.rate, startedMs);
      await compareOne(world, target, args, counts);
      bar.increment();
    }
  } finally {
    bar.stop();
  }
  if (counts.asked === 0) throw new CliError(`No GET request of the API in ${file}; ${counts.skipped} lines skipped.`);
  world.err.write(
    `${counts.asked} requests, ${counts.different} answered differently; ${counts.skipped} lines skipped.\n`,
  );
  return counts.different === 0 ? 0 : 1;
}

async function compareOne(world: World, target: string, args: ShadowArguments, counts: Counts): Promise<void> {
  const [old, now] = await Promise.all([ask(args.old, target), ask(args.new, target)]);
  const found = differences(old, now, [...IGNORED_FIELDS, ...(args.ignore ?? [])]);
  counts.asked += 1;
  if (found.length === 0) return;
  counts.different += 1;
  world.out.write(`${target}\n${found.map((difference) => `  ${difference}\n`).join("")}`);
}

async function targetsOf(file: string, record: boolean): Promise<{ list: readonly string[]; skipped: number }> {
  const list: string[] = [];
  let skipped = 0;
  const handle = await open(file).catch((error: unknown) => {
    throw fileError(error, file);
  });
  for await (const line of handle.readLines()) {
    const request = requestIn(line);
    const target = request === undefined || record ? request : withoutRecording(request);
    if (target === undefined) skipped += line.trim() === "" ? 0 : 1;
    else list.push(target);
  }
  return { list, skipped };
}

async function waitForTurn(asked: number, rate: number, startedMs: number): Promise<void> {
  const waitMs = startedMs + (1_000 * asked) / rate - performance.now();
  if (waitMs > 0) await sleep(waitMs);
}

/** @throws CliError: nothing answers */
async function ask(base: string, target: string): Promise<Answer> {
  const url = `${base.replace(/\/+$/, "")}${target}`;
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new CliError(`${base} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, 3, {
      cause: error,
    });
  }
}
