/** What a step on GitHub leaves behind: a summary that people read, and outputs that later steps read. */
import { appendFile } from "node:fs/promises";
import type { Environment } from "../../config/load.ts";
import { shownName } from "../../lib/shown-name.ts";
import { isEmpty, markdownText, plural } from "../../lib/text.ts";
import { CliError } from "../world.ts";
import type { Reading } from "./reading.ts";

/** @throws CliError this is no step of GitHub Actions */
export async function tellGitHub(env: Environment, reading: Reading): Promise<void> {
  const summary = env["GITHUB_STEP_SUMMARY"];
  if (isEmpty(summary)) {
    throw new CliError("Expected GITHUB_STEP_SUMMARY in the environment for --github, as GitHub Actions sets it.", 2);
  }
  await appendFile(summary, summaryOf(reading));
  const output = env["GITHUB_OUTPUT"];
  if (!isEmpty(output)) await appendFile(output, outputsOf(reading));
}

function summaryOf({ experiment, outcome, sentence, participants }: Reading): string {
  return `### ${markdownText(shownName(experiment))}: ${outcome}\n\n${markdownText(sentence)}\n\n${plural(participants, "visitor")}\n\n`;
}

/** A name with a line end would write outputs of its own. */
function outputsOf({ outcome, alternative }: Reading): string {
  return `outcome=${outcome}\nalternative=${(alternative ?? "").replaceAll(/[\r\n]/g, " ")}\n`;
}
