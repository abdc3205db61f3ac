/** The thread that a calibration is computed in: seconds of work, beside which the server answers calls. An entry of the build. */
import { constants, platform, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { type CalibrationInput, calibrateSteps } from "../../stats/calibration.ts";
import { seededRandom } from "../../stats/random.ts";
import { finished } from "../../stats/steps.ts";

/** What the thread is given. */
export interface CalibrationTask {
  readonly input: CalibrationInput;
  /** The same seed gives the same answer. */
  readonly seed: number;
}

// Calls go first, but where the machine is full this goes on too: a tenth of a core beside one thread of calls. Linux knows a
// priority of a thread; elsewhere this would be the server's.
if (platform() === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const { input, seed } = workerData as CalibrationTask;
parentPort?.postMessage(finished(calibrateSteps(input, seededRandom(seed))));
