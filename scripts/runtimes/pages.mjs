/**
 * The pages of the clients, followed word by word in an empty folder beside a checkout: the commands of their first `sh`
 * block, and their first program, which takes part in an experiment of a server of its own. Java's and C#'s pages are
 * followed by java.mjs and csharp.mjs, which know more of them.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ROOT } from "../prepare.mjs";
import { install } from "./debian.mjs";
import { startServer } from "./server.mjs";

/** Programs that have the client in more than half a second, on a machine that is busy. */
const PATIENT = {
  typescript: ['("http://localhost:5000")', '("http://localhost:5000", { timeoutMs: 60_000 })'],
  openfeature: ["{ flags }", "{ flags, timeoutMs: 60_000 }"],
  python: ['client_id="user-42"', 'client_id="user-42", timeout=60'],
  ruby: ['client_id: "user-42"', 'client_id: "user-42", timeout: 60'],
  php: ["clientId: 'user-42'", "clientId: 'user-42', timeoutMs: 60_000"],
  go: ['ClientID: "user-42"', 'ClientID: "user-42", Timeout: 60_000_000_000'],
};

const PAGES = [
  { client: "typescript", program: "button.mjs", run: "node button.mjs", packages: [] },
  { client: "openfeature", program: "button.mjs", run: "node button.mjs", packages: [] },
  {
    client: "python",
    program: "button.py",
    packages: ["python3-venv", "python3-setuptools-whl", "python3-wheel-whl"],
    // What pip builds with are Debian's wheels, which are for Debian's own Python.
    env: { PIP_NO_INDEX: "1", PIP_FIND_LINKS: "/usr/share/python-wheels", PATH: `/usr/bin:${process.env.PATH}` },
  },
  { client: "ruby", program: "button.rb", packages: ["bundler"] },
  {
    client: "php",
    program: "button.php",
    packages: ["composer", "php-curl"],
    // An application that has nothing yet, and no way to Packagist.
    before: { "composer.json": '{"repositories": {"packagist.org": false}}' },
    env: { COMPOSER_ALLOW_SUPERUSER: "1" },
    change: ["require 'clients/php/autoload.php'", "<?php require 'vendor/autoload.php'"],
  },
  { client: "go", program: "main.go", packages: ["golang-go"], env: { GOFLAGS: "-mod=mod", GOPROXY: "off" } },
];

export async function* followed() {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-pages-"));
  const server = await startServer();
  try {
    checkOut(join(folder, "sixpack"));
    for (const page of PAGES) {
      install(...page.packages);
      yield [`that of ${page.client} leads a stranger to an answer`, () => follow(page, folder, server.api)];
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a stranger has: the clients as they are committed, and links to everything else. */
export function checkOut(target) {
  const MADE = new Set(["dist", "build", "node_modules", "__pycache__"]);
  cpSync(join(ROOT, "clients"), join(target, "clients"), {
    recursive: true,
    filter: (path) => !MADE.has(basename(path)),
  });
  for (const name of readdirSync(ROOT).filter((name) => name !== "clients" && !name.startsWith("."))) {
    symlinkSync(join(ROOT, name), join(target, name));
  }
}

async function follow({ client, program, run = "", before = {}, env = {}, change }, folder, api) {
  const cwd = join(folder, client);
  mkdirSync(cwd);
  const page = readFileSync(join(ROOT, "clients", client, "README.md"), "utf8");
  const block = (kind) => new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? "";
  const experiment = `page-${client}`;
  const text = [PATIENT[client], ["http://localhost:5000", api], change ?? ["", ""]].reduce(
    (code, [from, to]) => code.replace(from, to),
    block("(?!sh)\\w+"),
  );
  writeFileSync(
    join(cwd, program),
    text.replaceAll(/(["'])button\1|\bbutton(?=:)/g, (name) =>
      name.startsWith("b") ? `"${experiment}"` : name.replace("button", experiment),
    ),
  );
  for (const [name, content] of Object.entries(before)) writeFileSync(join(cwd, name), content);
  const commands = `${block("sh")}${run}`;
  const { status, stdout, stderr } = spawnSync("sh", ["-e", "-c", commands], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  assert.equal(status, 0, `${stdout}${stderr}`.slice(-4_000));
  const details = await (await fetch(`${api}/experiments/${experiment}`)).json();
  assert.equal(details.total_participants, 1, `${stdout}${stderr}`.slice(-4_000));
}
