/** The other clients inside the frameworks that Debian has, and their types: what the pages of the clients say was run. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../prepare.mjs";
import { install, shell } from "./debian.mjs";

/** The line in which a program says what it ran in. */
const VERSIONS = /^(?:Django|Rack|Laravel) .*$/gm;
const CACHE = join(ROOT, "node_modules/.cache/sixpack-runtimes");

export function* ofPython() {
  install("python3-django", "python3-flask", "python3-fastapi", "python3-starlette", "mypy");
  // Debian's own Python, where its packages are.
  const python = ["/usr/bin/python3", "-B", "-W", "ignore"];
  yield ["works as middleware", () => run("python", ...python, "-m", "unittest", "discover", "frameworks")];
  yield [
    "has types that hold",
    () => run("python", "/usr/bin/mypy", "--strict", "--cache-dir=/dev/null", "--exclude", "django", "sixpack_ab"),
  ];
}

export function* ofRuby() {
  install("ruby-rack", "ruby-sinatra", "ruby-railties");
  yield ["works as middleware", () => run("ruby", "/usr/bin/ruby", "-W0", "frameworks/run.rb")];
  const rbs = 'require "rbs"; require "rbs/cli"; RBS::CLI.new(stdout: $stdout, stderr: $stderr).run(ARGV)';
  yield [
    "has types that are well-formed",
    () => run("ruby", "/usr/bin/ruby", "-e", rbs, "--", "-I", "sig", "validate", "--silent"),
  ];
}

export function* ofPhp() {
  install("php-symfony-http-kernel", "php-laravel-framework", "php-nyholm-psr7");
  yield ["works in Symfony and Laravel", () => run("php", "php", "frameworks/run.php", "symfony", "laravel")];
  yield ["does in Laravel what its page shows", () => run("php", "php", "frameworks/laravel-page.php")];
  yield [
    "works as PSR-15 middleware",
    () => run("php", "php", "-d", `extension=${psrExtension()}`, "frameworks/run.php", "psr15"),
  ];
}

/** The interfaces of PSR-15, which Debian has in an extension that can't be installed beside Symfony. Returns its file. */
function psrExtension() {
  const folder = join(CACHE, "psr");
  mkdirSync(folder, { recursive: true });
  const find = () => readdirSync(folder, { recursive: true }).find((file) => file.endsWith("/psr.so"));
  if (find() === undefined) {
    const name = `php${run("php", "php", "-r", 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')}-psr`;
    shell(`apt-get download -q ${name} && dpkg -x ${name}_*.deb .`, folder);
  }
  return join(folder, find());
}

/** In a client's folder; returns what it printed. */
function run(client, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: join(ROOT, "clients", client), encoding: "utf8" });
  if (status !== 0) throw new Error(`${stdout}${stderr}`.slice(-4_000));
  for (const [versions] of stdout.matchAll(VERSIONS)) process.stdout.write(`  ${versions}\n`);
  return stdout;
}
