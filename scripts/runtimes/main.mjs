/**
 * `npm run test:runtimes`: the server on every Node that is promised, the TypeScript client in every runtime and with
 * every React, and the other clients in every interpreter that this machine has, in a silent network, and in the
 * frameworks that Debian has. Says what ran on which version; ends with `N passed, N failed`. Words choose:
 * `npm run test:runtimes -- node deno`.
 */
import { execFileSync } from "node:child_process";
import { ROOT, say } from "../prepare.mjs";
import { chosen } from "./suites.mjs";

for (const workspace of ["clients/typescript", "clients/openfeature"]) {
  execFileSync("npm", ["run", "--silent", "build", "--workspace", workspace], { cwd: ROOT, stdio: ["ignore", 2, 2] });
}

let passed = 0;
let failed = 0;
for (const [title, suite] of chosen(process.argv.slice(2))) {
  process.stdout.write(`${title}\n`);
  try {
    for await (const [sentence, work] of suite()) await check(sentence, work);
  } catch (error) {
    // What can't be installed or started was not run, and that is a failure.
    fails("is there", error);
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (passed === 0) say("Expected something to run, got nothing of that name.");
// Servers of a part that failed half-way must not keep this process.
process.exit(failed === 0 && passed > 0 ? 0 : 1);

async function check(sentence, work) {
  try {
    await work();
    passed += 1;
    process.stdout.write(`  ✓ ${sentence}\n`);
  } catch (error) {
    fails(sentence, error);
  }
}

function fails(sentence, error) {
  failed += 1;
  process.stdout.write(`  ✗ ${sentence}: ${error instanceof Error ? error.message : error}\n`);
}
