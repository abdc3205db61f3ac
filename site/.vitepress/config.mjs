/**
 * The repository's Markdown as a site: `npm run site`. Pages stay where they are, the side bar is the table of
 * docs/README.md, and links to files that are no pages go to the repository's address.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { homepage } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const SOURCES = homepage.replace(/#.*$/, "");
const NO_PAGES = ["server", ".github", "site/README.md"];

export default defineConfig({
  title: "Sixpack",
  description: "An A/B testing server that any language can use over plain HTTP",
  lang: "en",
  srcDir: ROOT,
  srcExclude: NO_PAGES.map((path) => (path.endsWith(".md") ? path : `${path}/**`)),
  outDir: join(ROOT, "site/dist"),
  cacheDir: join(ROOT, "site/node_modules/.vitepress"),
  ignoreDeadLinks: "localhostLinks",
  rewrites: pageOf,
  markdown: {
    anchor: { slugify: slugOf },
    languageAlias: { caddy: "nginx", haproxy: "nginx" },
    config: (md) => md.core.ruler.push("links_of_the_repository", turnLinks),
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: sideBar(),
    nav: [
      { text: "Tutorial", link: "/docs/tutorial" },
      { text: "Documentation", link: "/docs/" },
      { text: "Source", link: SOURCES },
    ],
  },
});

/** The name of a heading as GitHub makes it, so that a link holds in both places. */
function slugOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** Where a file of the repository lies on the site. */
function pageOf(path) {
  return path.replace(/(^|\/)README\.md$/, "$1index.md").replace(/^site\//, "");
}

/** The headings of docs/README.md with the first link of each row, and the two pages that only the site has. */
function sideBar() {
  const text = readFileSync(join(ROOT, "docs/README.md"), "utf8");
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [heading = ""] = part.split("\n");
      const links = [...part.matchAll(/^\| \[(.+?)\]\((.+?)\)/gm)].map(([, title, file]) => ({
        text: title,
        link: `/${pageOf(relative(ROOT, join(ROOT, "docs", file))).replace(/(index)?\.md$/, "")}`,
      }));
      if (heading === "Reference") {
        links.push({ text: "OpenAPI of the API", link: "/openapi/api" });
        links.push({ text: "OpenAPI of the dashboard", link: "/openapi/dashboard" });
      }
      return { text: heading, items: links };
    });
}

/** A core rule of markdown-it: relative links are those of the repository. */
function turnLinks({ tokens, env }) {
  for (const { children } of tokens) {
    for (const token of children ?? []) {
      const href = token.type === "link_open" ? token.attrGet("href") : null;
      // Pages made from OpenAPI have links of the site, from "/" on.
      if (href === null || /^([a-z]+:|#|\/)/.test(href)) continue;
      token.attrSet("href", turned(href, dirname(env.realPath ?? env.path)));
    }
  }
}

function turned(href, folder) {
  const [path = "", fragment] = href.split("#");
  const file = join(folder, decodeURI(path));
  if (!existsSync(file)) throw new Error(`Expected ${href} to lead to a file, got none at ${file}`);
  const inside = relative(ROOT, file);
  const isPage = inside.endsWith(".md") && !NO_PAGES.some((without) => inside.startsWith(without));
  const to = isPage ? `/${pageOf(inside).replace(/(index)?\.md$/, "")}` : `${SOURCES}/blob/main/${inside}`;
  return fragment === undefined ? to : `${to}#${fragment}`;
}
