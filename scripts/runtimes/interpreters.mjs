/** The interpreters of the other clients that this machine has, and those clients' own tests in each. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { ROOT } from "../prepare.mjs";
import { install } from "./debian.mjs";
import { INTERPRETERS_MIN } from "./versions.mjs";

const LANGUAGES = [
  { language: "Python", name: /^python3(\.\d+)?$/, manager: ".pyenv/versions" },
  { language: "Ruby", name: /^ruby(\d\.\d)?$/, manager: ".rbenv/versions" },
  { language: "PHP", name: /^php(\d\.\d)?$/, manager: ".phpenv/versions" },
];

/** One of each version, the oldest first; older ones than are promised are left out. */
export function interpreters() {
  return LANGUAGES.flatMap(({ language, name, manager }) => {
    const managed = join(homedir(), manager);
    const folders = (process.env.PATH ?? "").split(delimiter);
    if (existsSync(managed)) folders.push(...readdirSync(managed).map((version) => join(managed, version, "bin")));
    const found = new Map();
    for (const folder of folders.filter((path) => existsSync(path))) {
      for (const file of readdirSync(folder).filter((file) => name.test(file))) {
        const version = versionOf(join(folder, file));
        if (version !== undefined && isPromised(language, version)) found.set(version, join(folder, file));
      }
    }
    return [...found]
      .map(([version, program]) => ({ language, version, program }))
      .sort((a, b) => a.version.localeCompare(b.version, undefined, { numeric: true }));
  });
}

/** Runs what `npm test` runs, by another interpreter. */
export function runsTests({ language, program }) {
  const env = { [`SIXPACK_TEST_${language.toUpperCase()}`]: program };
  return runsFile(`clients/test/${language.toLowerCase()}.test.ts`, env);
}

export function* ofGo() {
  install("golang-go");
  yield* runsFile("clients/test/runtimes/go.test.ts");
}

/** Every other language's client in a network in which nobody answers. */
export function* inSilence() {
  install("golang-go", "util-linux");
  yield* runsFile("clients/test/runtimes/network.test.ts");
}

function* runsFile(file, env = {}) {
  yield [
    "passes its tests",
    () => {
      const args = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", file];
      const all = { ...process.env, SIXPACK_TEST_RUNTIMES: "1", ...env };
      const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, env: all, encoding: "utf8" });
      if (status !== 0) throw new Error(stdout.split("\n").slice(-60).join("\n"));
    },
  ];
}

function versionOf(program) {
  const { stdout, stderr } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(`${stdout}${stderr}`)?.[0];
}

function isPromised(language, version) {
  const [major, minor] = version.split(".").map(Number);
  const [majorMin, minorMin] = INTERPRETERS_MIN[language].split(".").map(Number);
  return major > majorMin || (major === majorMin && minor >= minorMin);
}
