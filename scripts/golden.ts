/** `npm run golden -- FILE`: replays a file of golden cases against the statistics engine. Exit code 1 on disagreement. */
import { readFileSync } from "node:fs";
import { parseGolden, replay } from "../server/test/stats/golden.ts";

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("Expected a file of golden cases: npm run golden -- conformance/statistics.json\n");
  process.exit(2);
}
const { cases } = parseGolden(readFileSync(path, "utf8"));
let agreed = 0;
for (const golden of cases) {
  const problems = replay(golden);
  if (problems.length === 0) agreed++;
  else process.stdout.write(`${golden.id}\n${problems.map((problem) => `  ${problem}\n`).join("")}`);
}
process.stdout.write(`${agreed} of ${cases.length} agree\n`);
process.exitCode = agreed === cases.length ? 0 : 1;
