/** `npm run fuzz -- --minutes 10 [--seed N]`: the hostile requests of `npm test`, for longer and on every kind of server. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  process.stderr.write("Expected minutes as a number above 0: npm run fuzz -- --minutes 10\n");
  process.exit(2);
}
const env = {
  ...process.env,
  SIXPACK_FUZZ_MINUTES: String(minutes),
  ...(values.seed ? { SIXPACK_FUZZ_SEED: values.seed } : {}),
};
const options = { stdio: "inherit", env };
process.exit(spawnSync("npx", ["vitest", "run", "server/test/hostile/fuzz.test.ts"], options).status ?? 1);
