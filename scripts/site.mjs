/**
 * `npm run site`: the documentation as a site in site/dist, for any web server. Fails on a dead link, also on one to a heading.
 * Arguments go to VitePress: `npm run site -- --base /sixpack/`; `npm run site -- dev` shows pages while they are written.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, ROOT, run, say } from "./prepare.mjs";
import { startServer } from "./runtimes/server.mjs";

const SITE = join(ROOT, "site");
const DIST = join(SITE, "dist");

if (!existsSync(join(SITE, "node_modules/.package-lock.json"))) {
  say("Installing packages of the site (npm ci) …");
  run("npm", ["ci", "--prefix", SITE, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
}

const given = process.argv.slice(2);
const [command, ...rest] = given[0] === "dev" ? given : ["build", ...given];
const server = await startServer();
try {
  const env = { ...process.env, SIXPACK_SITE_API: server.api, SIXPACK_SITE_DASHBOARD: server.dashboard };
  const vitepress = spawn(
    process.execPath,
    [join(SITE, "node_modules/vitepress/bin/vitepress.js"), command, SITE, ...rest],
    {
      env,
      stdio: "inherit",
    },
  );
  const [code] = await once(vitepress, "close");
  process.exitCode = code;
  if (code === 0 && command === "build") {
    for (const of of ["api", "dashboard"]) {
      const answer = await fetch(`${server[of]}/openapi.json`);
      writeFileSync(join(DIST, `openapi/${of}.json`), await answer.text());
    }
  }
} finally {
  await server.stop();
}
if (process.exitCode === 0 && command === "build") checkLinks();

function checkLinks() {
  const base = /--base[= ](\S+)/.exec(rest.join(" "))?.[1] ?? "/";
  const pages = new Map(
    readdirSync(DIST, { recursive: true })
      .filter((file) => file.endsWith(".html"))
      .map((file) => [file.replaceAll("\\", "/"), readFileSync(join(DIST, file), "utf8")]),
  );
  const dead = [];
  let links = 0;
  for (const [page, html] of pages) {
    for (const [, href] of html.matchAll(/<a\b[^>]*? href="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(href)) continue;
      links += 1;
      const { pathname, hash } = new URL(href.replaceAll("&amp;", "&"), `http://site${base}${page}`);
      const path = decodeURI(pathname).slice(base.length);
      const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
      const target = pages.get(file);
      const id = decodeURIComponent(hash.slice(1));
      if (!existsSync(join(DIST, file)) || (id !== "" && !target?.includes(` id="${id}"`)))
        dead.push(`${page}: ${href}`);
    }
  }
  if (dead.length > 0) fail(`Expected every link to lead somewhere, got dead ones:\n  ${dead.join("\n  ")}`);
  say(`${pages.size} pages, ${links} links, none of them dead: ${DIST}`);
}
