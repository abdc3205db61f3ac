/**
 * `npm run release`: everything about a release that can be tried without a secret. One version in every package, an entry
 * in the changelog for a tag (`npm run release -- v1.0.0`), the data that registries show, and each package as its registry
 * would get it. `.github/workflows/release.yml` runs it first, and publishes only if it passes.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ROOT, say } from "./prepare.mjs";

const NPM = ["server", "clients/typescript", "clients/openfeature"];
/** Where else the version stands, and how. */
const VERSIONS = [
  ["clients/python/pyproject.toml", /^version = "(.+)"$/m],
  ["clients/ruby/sixpack_ab.gemspec", /spec\.version = "(.+)"/],
  ["clients/csharp/src/SixpackAb.csproj", /<Version>(.+)<\/Version>/],
];
const WANTED = ["description", "license", "author", "homepage", "bugs", "repository", "keywords", "engines"];

const problems = [];
const tag = process.argv[2];
const version = manifestOf(NPM[0]).version;
/** Where the project lives: the other manifests repeat it, because registries read each alone. */
const { homepage } = manifestOf(".");
for (const folder of NPM) {
  const manifest = manifestOf(folder);
  expect(manifest.version, version, `version of ${folder}`);
  expect(manifest.homepage, homepage, `homepage of ${folder}`);
  expect(manifest.repository?.url, `git+${homepage.replace("#readme", ".git")}`, `repository.url of ${folder}`);
  expect(manifest.publishConfig?.access, "public", `publishConfig.access of ${folder}`);
  expect(manifest.repository?.directory, folder, `repository.directory of ${folder}`);
  for (const key of WANTED) if (manifest[key] === undefined) problems.push(`Expected ${key} of ${folder}, got none`);
}
for (const [file, pattern] of VERSIONS) expect(pattern.exec(textOf(file))?.[1], version, `version of ${file}`);
for (const client of ["csharp", "go", "java", "php", "python", "ruby"]) {
  if (!existsSync(join(ROOT, "clients", client, "LICENSE"))) problems.push(`Expected a LICENSE of ${client}, got none`);
}
if (tag !== undefined) {
  expect(tag, `v${version}`, "the tag");
  if (!textOf("CHANGELOG.md").includes(`\n## ${version}`)) problems.push(`Expected "## ${version}" in CHANGELOG.md`);
}
if (problems.length > 0) {
  say(problems.join("\n"));
  process.exit(1);
}

for (const folder of NPM) {
  run("npm", ["publish", "--dry-run", "--no-provenance", "--workspace", folder], ROOT);
  say(`${manifestOf(folder).name} ${version}: as npm would get it`);
}
const out = mkdtempSync(join(tmpdir(), "sixpack-release-"));
try {
  rubyGem(out);
  pythonPackages(out);
  run("composer", ["validate", "--strict", "--no-interaction"], join(ROOT, "clients/php"));
  say(`sixpack-ab/client ${version}: as Packagist would read it`);
} finally {
  rmSync(out, { recursive: true });
}

/** Built and installed where nothing else is. */
function rubyGem(folder) {
  const file = join(folder, "client.gem");
  run("gem", ["build", "--strict", "--output", file, "sixpack_ab.gemspec"], join(ROOT, "clients/ruby"));
  run("gem", ["install", "--local", "--no-document", "--install-dir", join(folder, "gems"), file], folder);
  const env = { GEM_HOME: join(folder, "gems"), GEM_PATH: join(folder, "gems") };
  run("ruby", ["-e", 'require "sixpack_ab"; gem "sixpack_ab", ARGV[0]', version], folder, env);
  say(`sixpack_ab ${version}: as RubyGems would get it, installed`);
}

/** A wheel and an archive of the sources, built, judged, and installed into an empty environment each. */
function pythonPackages(folder) {
  // Debian's Python has what builds, and wheels of that for an environment of its own; no registry is asked.
  const env = { PATH: `/usr/bin:${process.env.PATH}`, PIP_NO_INDEX: "1", PIP_FIND_LINKS: "/usr/share/python-wheels" };
  const made = ["build", "__pycache__"];
  const sources = join(folder, "python");
  cpSync(join(ROOT, "clients/python"), sources, {
    recursive: true,
    filter: (path) => !made.includes(basename(path)) && !path.endsWith(".egg-info"),
  });
  const wheels = join(folder, "wheels");
  run("python3", ["-m", "build", "--no-isolation", "--outdir", wheels, sources], folder, env);
  const files = readdirSync(wheels).map((file) => join(wheels, file));
  if (files.length !== 2) throw new Error(`Expected a wheel and an archive, got ${files}`);
  run("twine", ["check", "--strict", ...files], folder, env);
  for (const file of files) {
    const environment = join(folder, "environment");
    run("python3", ["-m", "venv", "--clear", environment], folder, env);
    run(join(environment, "bin/pip"), ["install", file], folder, env);
    const check = "import sys, sixpack_ab, importlib.metadata as m; sys.exit(m.version('sixpack-ab') != sys.argv[1])";
    run(join(environment, "bin/python"), ["-c", check, version], environment, env);
    say(`${basename(file)}: as PyPI would get it, installed`);
  }
}

function expect(got, wanted, what) {
  if (got !== wanted) problems.push(`Expected ${what} to be ${wanted}, got ${got}`);
}

function manifestOf(folder) {
  return JSON.parse(textOf(join(folder, "package.json")));
}

function textOf(path) {
  return readFileSync(join(ROOT, path), "utf8");
}

function run(command, args, cwd, env = {}) {
  execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, ...env } });
}
