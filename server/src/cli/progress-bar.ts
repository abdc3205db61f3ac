/** Progress of long jobs on standard error: a bar with an ETA on a terminal, and nothing in pipes and logs. */
import { SingleBar } from "cli-progress";
import type { World } from "./world.ts";

/** @param what is counted, such as "visitors" */
export function progressBar({ err }: World, what: string): SingleBar {
  return new SingleBar({
    stream: err.stream,
    format: `{bar} {percentage}% {value}/{total} ${what}, {duration_formatted} so far, {eta_formatted} to go`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    etaBuffer: 2_000,
  });
}
