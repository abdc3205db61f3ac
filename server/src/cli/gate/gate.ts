/** `sixpack verdict`: the sentence of an experiment for a pipeline, at once or as soon as there is one to go by. */
import { setTimeout as pause } from "node:timers/promises";
import { CliError, type ExitCode, type World } from "../world.ts";
import { isOpen, isOutcome, OUTCOMES, type Outcome } from "./exit-codes.ts";
import { tellGitHub } from "./github.ts";
import type { Reading } from "./reading.ts";

export interface GateArguments {
  readonly json?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
  readonly every: number;
  /** Words with commas between them. */
  readonly require: string;
  readonly github?: boolean;
}

/** @param read asks once @throws CliError */
export async function gate(world: World, args: GateArguments, read: () => Promise<Reading>): Promise<ExitCode> {
  const passing = outcomesIn(args.require);
  const reading = await settled(world, args, passing, read);
  const code = passing.has(reading.outcome) ? 0 : OUTCOMES[reading.outcome];
  world.out.write(args.json === true ? `${JSON.stringify(jsonOf(reading, code))}\n` : `${reading.sentence}\n`);
  if (reading.winner !== null) world.err.write(`${decidedText(reading)}\n`);
  if (args.github === true) await tellGitHub(world.env, reading);
  return code;
}

/** The first reading that passes or that no further data will change, or the last one before the time is up. */
async function settled(
  { err }: World,
  { wait = 0, every }: GateArguments,
  passing: ReadonlySet<Outcome>,
  read: () => Promise<Reading>,
): Promise<Reading> {
  const endMs = performance.now() + wait;
  // Whoever mistypes an address or a name hears it at once; later a server may be away for a while.
  let reading = await read();
  for (;;) {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0 || passing.has(reading.outcome) || !isOpen(reading.outcome) || reading.winner !== null)
      return reading;
    await pause(Math.min(every, leftMs));
    const before = reading;
    reading = await read().catch((error: unknown) => {
      if (!(error instanceof CliError && error.exitCode === 3)) throw error;
      err.write(`${error.message}\n`);
      return before;
    });
    if (reading.sentence !== before.sentence) err.write(`${reading.sentence}\n`);
  }
}

function outcomesIn(list: string): ReadonlySet<Outcome> {
  const words = list.split(",").map((word) => word.trim());
  const known = Object.keys(OUTCOMES).join(", ");
  return new Set(
    words.map((word) => {
      if (isOutcome(word)) return word;
      throw new CliError(`Expected --require with words among ${known}, got ${JSON.stringify(word)}`, 2);
    }),
  );
}

function decidedText({ winner, decidedOn }: Reading): string {
  const when = decidedOn === null ? "" : ` on ${decidedOn}, and this is what the data said then`;
  return `The winner ${winner} was set${when}.`;
}

/** As docs/automation.md describes it. */
function jsonOf(reading: Reading, code: ExitCode): object {
  const { experiment, outcome, kind, sentence, alternative, inputs, participants, winner, decidedOn } = reading;
  return {
    experiment,
    outcome,
    exit_code: code,
    kind,
    sentence,
    alternative,
    inputs,
    participants,
    winner,
    decided_on: decidedOn,
  };
}
