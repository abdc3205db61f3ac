/** Debian's packages, for what the npm registry does not have. */
import { spawnSync } from "node:child_process";
import { ROOT } from "../prepare.mjs";

/** For whoever else is installing something; by itself it fails at once. */
export const APT_WAITS = "-o=DPkg::Lock::Timeout=600";

/** As root on Debian; elsewhere it says what to install. */
export function install(...packages) {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const command = `apt-get ${APT_WAITS} install -y -qq --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0) throw new Error(`Expected ${missing.join(", ")}, got none. On Debian: sudo ${command}`);
  shell(`apt-get update -qq && DEBIAN_FRONTEND=noninteractive ${command}`, ROOT);
}

/** Debian also knows of packages that others only name, or that were taken away. */
function isInstalled(name) {
  const { stdout } = spawnSync("dpkg", ["-s", name], { encoding: "utf8" });
  return stdout.includes("\nStatus: install ok installed\n");
}

export function shell(command, cwd) {
  const { status, stderr } = spawnSync("sh", ["-c", command], { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`Expected \`${command}\` to succeed, got: ${stderr.slice(-2_000)}`);
}
