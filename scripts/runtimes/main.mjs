/**
 * `npm run test:runtimes`: the server on every Node that is promised, the TypeScript client in every runtime and with
 * every React, and the other clients in every interpreter that this machine has, in a silent network, and in the
 * frameworks that Debian has. Says what ran on which version; ends with `N passed, N failed`. Words choose:
 * `npm run test:runtimes -- node deno`.
 */
import { execFileSync } from "node:child_process";
import { ROOT, say } from "../prepare.mjs";
import { inBrowser } from "./browser.mjs";
import { inProcess, inWorkerd } from "./clients.mjs";
import { ofCSharp } from "./csharp.mjs";
import { deployed } from "./deploy.mjs";
import { documented } from "./documentation.mjs";
import { exemplified } from "./examples.mjs";
import { ofPhp, ofPython, ofRuby } from "./frameworks.mjs";
import { nodeProgram, program } from "./install.mjs";
import { inSilence, interpreters, ofGo, runsTests } from "./interpreters.mjs";
import { ofJava } from "./java.mjs";
import { managed } from "./managers.mjs";
import { building } from "./next.mjs";
import { judged } from "./packages.mjs";
import { followed } from "./pages.mjs";
import { rendering } from "./react.mjs";
import { serving } from "./serve.mjs";
import { unresolved } from "./silent-dns.mjs";
import { tutorial } from "./tutorial.mjs";
import { BUN, DENO, INTERPRETERS_MIN, NEXT, NODES, REACTS, WORKERD } from "./versions.mjs";

/** What is run, by what it is run on. Each yields `[sentence, work]`. */
const SUITES = [
  ...NODES.map((version) => [`Server on Node ${version}`, () => serving(nodeProgram(version))]),
  ...NODES.map((version) => [`Client on Node ${version}`, () => inProcess(nodeProgram(version), [])]),
  ["Client behind a silent resolver", () => unresolved(process.execPath)],
  [`Client on Bun ${BUN}`, () => inProcess(program(`bun@${BUN}`, { scope: "@oven", path: "bin/bun" }), [])],
  [
    `Client on Deno ${DENO}`,
    () => inProcess(program(`deno@${DENO}`, { scope: "@deno", path: "deno" }), ["run", "--allow-net", "--allow-read"]),
  ],
  [
    `Client on workerd ${WORKERD}`,
    () => inWorkerd(program(`workerd@${WORKERD}`, { scope: "@cloudflare", path: "bin/workerd" })),
  ],
  ["Client in Chromium", inBrowser],
  ["Packages for npm", judged],
  ["Package managers", managed],
  ...REACTS.map((version) => [`Client with React ${version}`, () => rendering(version)]),
  [`Client with Next.js ${NEXT}`, () => building(NEXT)],
  ...interpreters().map((found) => [`Client on ${found.language} ${found.version}`, () => runsTests(found)]),
  ["Client on Go", ofGo],
  ["Clients in a silent network", inSilence],
  [`Client on Java ${INTERPRETERS_MIN.Java}`, ofJava],
  ["Client for C# on Mono", ofCSharp],
  ["Pages of the clients", followed],
  ["Frameworks of Python", ofPython],
  ["Frameworks of Ruby", ofRuby],
  ["Frameworks of PHP", ofPhp],
  ["Files of deploy", deployed],
  ["Examples", exemplified],
  ["Tutorial", tutorial],
  ["Documentation as a site", documented],
];

for (const workspace of ["clients/typescript", "clients/openfeature"]) {
  execFileSync("npm", ["run", "--silent", "build", "--workspace", workspace], { cwd: ROOT, stdio: ["ignore", 2, 2] });
}

const words = process.argv.slice(2).map((word) => word.toLowerCase());
let passed = 0;
let failed = 0;
for (const [title, suite] of SUITES) {
  if (words.length > 0 && !words.some((word) => title.toLowerCase().includes(word))) continue;
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
