/** The top of the house: reads argv, env, clock and entropy, and hands them down. Nobody else does. */
import { VERSION } from "./config/version.ts";

export async function main(program: "sixpack" | "sixpack-web"): Promise<void> {
  process.stdout.write(`${program} ${VERSION}\n`);
}
