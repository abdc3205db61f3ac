/** What `npm run test:runtimes` runs, by title. */
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
  ["Pages of each library", followed],
  ["Frameworks of Python", ofPython],
  ["Frameworks of Ruby", ofRuby],
  ["Frameworks of PHP", ofPhp],
  ["Files of deploy", deployed],
  ["Examples", exemplified],
  ["Tutorial", tutorial],
  ["Documentation as a site", documented],
];

/** Those whose title has one of the words, all without any. */
export function chosen(words) {
  if (words.length === 0) return SUITES;
  return SUITES.filter(([title]) => words.some((word) => title.toLowerCase().includes(word.toLowerCase())));
}
