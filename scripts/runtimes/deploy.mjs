/** The files of deploy/, by the programs that read them elsewhere: systemd's own checks and Prometheus' promtool. */
import { execFileSync, spawnSync } from "node:child_process";
import { ROOT } from "../prepare.mjs";
import { install } from "./debian.mjs";

/** What systemd calls the lower part of OK; without its walls the unit has 7.2. */
const EXPOSURE_MAX = 3;

export function* deployed() {
  yield ["systemd finds nothing wrong with the unit, and exposed below 3.0", hardened];
  yield ["Prometheus reads the alerts, and they tell trouble and nothing else", alerts];
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

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`Expected \`${command} ${args[0]}\` to succeed, got: ${stderr || stdout}`);
  return { stdout, stderr };
}
