/** Has a dashboard calibrate an experiment, waits for it, and tells it. */
import { setTimeout as after } from "node:timers/promises";
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { askDashboard, type Dashboard, foreign } from "./dashboard-client.ts";
import { CliError, type World } from "./world.ts";

const ANSWER = Type.Object({
  status: Type.Enum(["none", "running", "done", "failed"]),
  problem: Type.Optional(Type.String()),
  sentences: Type.Optional(Type.Array(Type.String())),
});

/** Between two questions, in milliseconds. */
const ASK_EVERY_MS = 500;

/** @throws CliError 3: nobody answers, or it broke off; 2: what was asked is refused */
export async function tellCalibration(
  world: World,
  dashboard: Dashboard,
  name: string,
  json: boolean | undefined,
): Promise<void> {
  const path = `/experiments/${encodeURIComponent(name)}/calibration`;
  let answer = calibrationIn(dashboard, await askDashboard(dashboard, path, {}));
  while (answer.status === "running") {
    await after(ASK_EVERY_MS);
    answer = calibrationIn(dashboard, await askDashboard(dashboard, path));
  }
  if (answer.status !== "done")
    throw new CliError(`${dashboard.url} broke it off: ${answer.problem ?? "it stopped"}`, 3);
  world.out.write(json === true ? `${JSON.stringify(answer)}\n` : `${(answer.sentences ?? []).join("\n")}\n`);
}

/** @throws CliError */
function calibrationIn(dashboard: Dashboard, answer: unknown): Static<typeof ANSWER> {
  if (Check(ANSWER, answer)) return answer;
  throw foreign(dashboard, "a calibration");
}
