/**
 * A build plugin: writes THIRD-PARTY-NOTICES.txt beside the bundle, with the licence and notice of every package that is in
 * it. Their licences ask for that wherever the code goes, and a bundle leaves their own files behind.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const FILE_NAME = "THIRD-PARTY-NOTICES.txt";
const LEGAL_FILE = /^(?:licen[cs]e|copying|notice)/i;
const RULE = "=".repeat(80);

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/** @throws Error a bundled package has no file with its licence */
export function thirdPartyNotices(): Plugin {
  return {
    name: "third-party-notices",
    generateBundle(_, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const [id, { renderedLength }] of Object.entries(chunk.modules)) {
          const folder = renderedLength > 0 ? packageFolder(id) : undefined;
          if (folder !== undefined) folders.add(folder);
        }
      }
      this.emitFile({ type: "asset", fileName: FILE_NAME, source: noticesOf([...folders].sort()) });
    },
  };
}

/** The folder of the installed package that a module belongs to; `undefined` for a module of ours. */
function packageFolder(id: string): string | undefined {
  const [path = ""] = id.replaceAll("\\", "/").replaceAll("\0", "").split("?");
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}

/** Each text once, under the packages that it is of: those of one author have the same. */
function noticesOf(folders: readonly string[]): string {
  const packagesByText = new Map<string, string[]>();
  for (const folder of folders) {
    const { name, version, license } = packageOf(folder);
    const text = legalText(folder);
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...packagesByText].map(([text, packages]) => `${RULE}\n${packages.join("\n")}\n${RULE}\n\n${text}`);
  return `Sixpack carries code of these packages, under these terms.\n\n${parts.join("\n\n")}\n`;
}

function packageOf(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function legalText(folder: string): string {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => LEGAL_FILE.test(file)) : [];
  if (!files.some((file) => !/^notice/i.test(file))) {
    throw new Error(
      `Expected a file with the licence in ${folder}, got none. Don't bundle this package, or ask its authors.`,
    );
  }
  return files
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim())
    .join("\n\n");
}
