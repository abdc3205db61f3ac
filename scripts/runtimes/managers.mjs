/**
 * The packed server and client, installed by every package manager on the oldest Node that is promised, each at its
 * strictest: nothing whose `engines` leave that Node out, and no peer that does not fit.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "../prepare.mjs";
import { install, nodeProgram } from "./install.mjs";
import { NODES, PNPM, REACTS, YARNS } from "./versions.mjs";

const [NODE] = NODES;
const [REACT] = REACTS;
const [YARN_CLASSIC, YARN_MODERN] = YARNS;

/** How each adds packages, and runs a command that they brought. */
const MANAGERS = {
  npm: { program: () => undefined, add: ["install", "--engine-strict", "--strict-peer-deps"], run: ["exec", "--"] },
  [`Yarn ${YARN_CLASSIC}`]: {
    program: () => join(install(`yarn@${YARN_CLASSIC}`), "node_modules/yarn/bin/yarn.js"),
    // A tarball of one name and version stays in its cache from the run before.
    add: ["add", "--cache-folder", "cache"],
    run: ["--silent"],
  },
  [`Yarn ${YARN_MODERN}`]: {
    program: () => join(install(`@yarnpkg/cli-dist@${YARN_MODERN}`), "node_modules/@yarnpkg/cli-dist/bin/yarn.js"),
    // An empty lock file keeps it from looking for a project in the folders above.
    before: { "yarn.lock": "" },
    add: ["add"],
    run: [],
  },
  [`pnpm ${PNPM}`]: {
    program: () => join(install(`pnpm@${PNPM}`), "node_modules/pnpm/bin/pnpm.mjs"),
    add: ["add", "--engine-strict", "--strict-peer-dependencies", "--allow-build=classic-level"],
    run: ["exec"],
  },
};

export async function* managed() {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-managers-"));
  try {
    const [server, client] = ["server", "clients/typescript"].map((workspace) => pack(workspace, folder));
    for (const [name, manager] of Object.entries(MANAGERS)) {
      const into = projectOf(join(folder, name.replaceAll(" ", "-")), manager);
      yield [`${name} installs the server on Node ${NODE}, and the command runs`, () => serves(into("server"), server)];
      yield [
        `${name} installs the client beside React ${REACT}, and it is imported`,
        () => renders(into("client"), client),
      ];
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function serves({ add, run }, server) {
  add(server);
  assert.match(run("sixpack", "--version"), /^\d+\.\d+\.\d+\n$/m);
  // A store needs the one native part.
  run("sixpack", "declare", "button", "red", "blue", "--data-dir", "data");
  assert.match(run("sixpack", "export", "--data-dir", "data"), /"name":"button"/);
}

function renders({ add, run, write }, client) {
  add(client, `react@${REACT}`);
  write("page.mjs", 'import { useExperiment } from "@sixpack/client/react"; console.log(typeof useExperiment);');
  assert.match(run("node", "page.mjs"), /^function$/m);
}

/** An empty project of a manager, by name. */
function projectOf(folder, { program, before = {}, add, run }) {
  return (name) => {
    const cwd = join(folder, name);
    mkdirSync(cwd, { recursive: true });
    const write = (name, text) => writeFileSync(join(cwd, name), text);
    write("package.json", '{"private":true}');
    for (const [name, text] of Object.entries(before)) write(name, text);
    const file = program();
    const node = nodeProgram(NODE);
    const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
    const manager = (...args) => {
      const [command, first] = file === undefined ? ["npm", []] : [node, [file]];
      return execFileSync(command, [...first, ...args], {
        cwd,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
          npm_config_registry: registry,
          YARN_NPM_REGISTRY_SERVER: registry,
        },
      });
    };
    return { add: (...packages) => manager(...add, ...packages), run: (...args) => manager(...run, ...args), write };
  };
}

function pack(workspace, folder) {
  const stdio = ["ignore", "pipe", 2];
  const out = execFileSync("npm", ["pack", "--json", "--workspace", workspace, "--pack-destination", folder], {
    cwd: ROOT,
    encoding: "utf8",
    stdio,
  });
  const [packed] = Object.values(JSON.parse(out));
  const tarball = join(folder, packed.filename);
  if (!existsSync(tarball)) throw new Error(`Expected npm to pack ${workspace}, got ${out}`);
  return tarball;
}
