/** What npm would publish of a client, as those see it who judge packages, and as TypeScript resolves it in each of its ways. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../prepare.mjs";
import { install } from "./install.mjs";
import { ATTW, PUBLINT, TYPESCRIPTS } from "./versions.mjs";

const CLIENTS = ["typescript", "openfeature"];

/** Knows neither the DOM nor Node: the declarations must do without, too. */
const CONSUMER = `
import { Session } from "@sixpack/client";
import { LocalAssigner } from "@sixpack/client/local";
import { ConversionQueue } from "@sixpack/client/queue";
import { SixpackProvider, useExperiment } from "@sixpack/client/react";

export const session = new Session("http://localhost:5000", { timeoutMs: 200, storage: "none" });
export const color: Promise<"red" | "blue"> = session.participate("button", ["red", "blue"]);
export const local: "red" | "blue" = new LocalAssigner().participate(session, "button", ["red", "blue"]);
new ConversionQueue(session).convert("button", "purchase", 5);
export const Button: () => "red" | "blue" = () => useExperiment("button", ["red", "blue"]);
export { SixpackProvider };
`;

/** Settings of TypeScript, and the file that is compiled. */
const MODES = {
  node10: {
    since: 5,
    until: 5,
    file: "consumer.ts",
    options: ["--module", "commonjs", "--moduleResolution", "node10"],
  },
  "node16, CommonJS": { since: 5, until: 7, file: "consumer.cts", options: ["--module", "node16"] },
  "node16, ESM": { since: 5, until: 7, file: "consumer.mts", options: ["--module", "node16"] },
  bundler: {
    since: 5,
    until: 7,
    file: "consumer.ts",
    options: ["--module", "esnext", "--moduleResolution", "bundler"],
  },
};

export async function* judged() {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-packages-"));
  const run = (program, ...args) => runIn(folder, program, ...args);
  try {
    const tools = join(install(`@arethetypeswrong/cli@${ATTW}`, `publint@${PUBLINT}`), "node_modules");
    for (const client of CLIENTS) {
      const tarball = pack(client, folder);
      yield [
        `has types for every way in which ${client} is resolved, says attw`,
        () => run(join(tools, "@arethetypeswrong/cli/dist/index.js"), tarball, "--no-color"),
      ];
      yield [
        `has nothing in ${client} of which publint complains`,
        () => assert.match(run(join(tools, "publint/src/cli.js"), tarball, "--strict"), /All good!/),
      ];
    }
    for (const name of ["react", "@types"]) {
      symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    }
    for (const mode of new Set(Object.values(MODES).map(({ file }) => file))) {
      writeFileSync(join(folder, mode), CONSUMER);
    }
    for (const version of TYPESCRIPTS) {
      const major = Number(version.split(".")[0]);
      const tsc = join(install(`typescript@${version}`), "node_modules/typescript/bin/tsc");
      for (const [mode, { since, until, file, options }] of Object.entries(MODES)) {
        if (major < since || major > until) continue;
        yield [
          `compiles with TypeScript ${version} by ${mode}`,
          () => {
            const strict = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2022", "--types", "react"];
            run(tsc, ...strict, ...options, file);
          },
        ];
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Packs a client, unpacks it where the consumer finds it, and returns the tarball. */
function pack(client, folder) {
  const options = ["--json", "--ignore-scripts", "--pack-destination", folder];
  const stdio = ["ignore", "pipe", 2];
  const [packed] = JSON.parse(execFileSync("npm", ["pack", ...options], { cwd: join(ROOT, "clients", client), stdio }));
  const tarball = join(folder, packed.filename);
  const target = join(folder, "node_modules", packed.name);
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  return tarball;
}

function runIn(cwd, program, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  return stdout;
}
