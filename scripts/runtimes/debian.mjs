/** Debian's packages, for what the npm registry does not have. */
import { spawnSync } from "node:child_process";
import { ROOT } from "../prepare.mjs";

/** As root on Debian; elsewhere it says what to install. */
export function install(...packages) {
  const missing = packages.filter((name) => spawnSync("dpkg-query", ["-W", name]).status !== 0);
  if (missing.length === 0) return;
  const command = `apt-get install -y -qq --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0) throw new Error(`Expected ${missing.join(", ")}, got none. On Debian: sudo ${command}`);
  shell(`apt-get update -qq && DEBIAN_FRONTEND=noninteractive ${command}`, ROOT);
}

export function shell(command, cwd) {
  const { status, stderr } = spawnSync("sh", ["-c", command], { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`Expected \`${command}\` to succeed, got: ${stderr.slice(-2_000)}`);
}
