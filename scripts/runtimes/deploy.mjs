/**
 * The files of deploy/, by the programs that read them elsewhere (systemd, Prometheus' promtool, Compose), and where there is
 * no such program without a cluster or an engine, by the types and rules of Kubernetes' own API and a linter of Dockerfiles.
 * The workflows that publish are held to GitHub's rules in the same way.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseAllDocuments } from "yaml";
import { ROOT } from "../prepare.mjs";
import { install } from "./debian.mjs";
import { install as installFromNpm } from "./install.mjs";
import { ACTION_VALIDATOR, DOCKERFILE_UTILS, KUBERNETES_MODELS } from "./versions.mjs";

/** What systemd calls the lower part of OK; without its walls the unit has 7.2. */
const EXPOSURE_MAX = 3;
const MANIFESTS = ["kubernetes.yml", "kubernetes-embedded.yml"];

export function* deployed() {
  yield ["systemd finds nothing wrong with the unit, and exposed below 3.0", hardened];
  yield ["Prometheus reads the alerts, and they tell trouble and nothing else", alerts];
  yield ["Compose reads its file", composed];
  yield ["The Dockerfile has no instruction that a linter complains of", image];
  for (const name of ["ci", "release"]) {
    yield [`GitHub would take the workflow ${name}.yml`, () => workflow(name)];
  }
  for (const file of MANIFESTS) {
    yield [`${file} has what Kubernetes' API asks for, and no field that it does not know`, () => manifest(file)];
  }
}

function hardened() {
  install("systemd");
  const { stdout } = run("systemd-analyze", ["security", "--offline=true", "deploy/sixpack.service"]);
  const exposure = Number(/exposure level for sixpack\.service: ([\d.]+)/.exec(stdout)?.[1]);
  if (!(exposure <= EXPOSURE_MAX)) throw new Error(`Expected an exposure of ${EXPOSURE_MAX} at most, got ${exposure}`);
  const { stderr } = run("systemd-analyze", ["verify", "deploy/sixpack.service"]);
  if (stderr.includes("sixpack.service")) throw new Error(`Expected no complaint of systemd, got: ${stderr}`);
}

function alerts() {
  install("prometheus");
  execFileSync("promtool", ["check", "rules", "deploy/alerts.yml"], { cwd: ROOT, stdio: "pipe" });
  execFileSync("promtool", ["test", "rules", "scripts/runtimes/alerts.test.yml"], { cwd: ROOT, stdio: "pipe" });
}

function composed() {
  install("docker-compose");
  const env = { ...process.env, SIXPACK_USERS: "ann:admin:hash", SIXPACK_SECRET: "secret" };
  const out = execFileSync("docker-compose", ["-f", "deploy/compose.yml", "config", "--services"], {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
  assert.deepEqual(out.trim().split("\n").sort(), ["api", "dashboard", "redis"]);
}

function image() {
  const folder = installFromNpm(`dockerfile-utils@${DOCKERFILE_UTILS}`);
  const linter = join(folder, "node_modules/dockerfile-utils/bin/dockerfile-utils");
  assert.equal(run(process.execPath, [linter, "lint", "deploy/Dockerfile"]).stdout, "");
}

function workflow(name) {
  const folder = installFromNpm(...["cli", "core"].map((part) => `@action-validator/${part}@${ACTION_VALIDATOR}`));
  const validator = join(folder, "node_modules/@action-validator/cli/cli.mjs");
  run(process.execPath, [validator, `.github/workflows/${name}.yml`]);
}

/** The rules know values, and the types know fields: a wrong name is a property too many for TypeScript. */
async function manifest(file) {
  const text = readFileSync(join(ROOT, "deploy", file), "utf8");
  const documents = parseAllDocuments(text).map((document) => document.toJS());
  // Kubernetes reads YAML 1.1, in which \`on\` is \`true\`.
  assert.deepEqual(
    parseAllDocuments(text, { version: "1.1" }).map((document) => document.toJS()),
    documents,
  );
  const modules = join(installFromNpm(`kubernetes-models@${KUBERNETES_MODELS}`), "node_modules");
  const folder = mkdtempSync(join(tmpdir(), "sixpack-kubernetes-"));
  try {
    symlinkSync(modules, join(folder, "node_modules"));
    const checked = [];
    for (const [at, document] of documents.entries()) {
      const { apiVersion, kind } = document;
      const path = `kubernetes-models/${apiVersion}/${kind}`;
      const model = await import(pathToFileURL(join(modules, `${path}.js`)).href);
      new model[kind](document).validate();
      checked.push(`import type { I${kind} as I${at} } from "${path}";`);
      checked.push(`export const document${at}: I${at} = ${JSON.stringify(document, null, 1)};`);
    }
    writeFileSync(join(folder, "documents.ts"), checked.join("\n"));
    const options = ["--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler", "--skipLibCheck"];
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    run(process.execPath, [tsc, ...options, "--ignoreConfig", join(folder, "documents.ts")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`Expected \`${command} ${args[0]}\` to succeed, got: ${stderr}${stdout}`);
  return { stdout, stderr };
}
