/**
 * The style sheet and scripts of the pages, as the client build left them: hashed names, so that browsers keep them for
 * ever, found through the build's manifest.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { member } from "../../lib/member.ts";
import { DAY_MS } from "../../lib/time.ts";

export interface Assets {
  /** Folder to serve; `undefined` where nothing was built. */
  readonly folder: string | undefined;
  readonly style: string | undefined;
  readonly script: string | undefined;
}

const PREFIX = "/assets/";
const YEAR_MS = 365 * DAY_MS;

/** From the bundle, from one of its chunks, and from the sources (tests). */
const FOLDERS = ["./client/", "../client/", "../../../dist/client/"];

/** If nothing was built, pages have no style, but all of them work. */
export const UNBUILT: Assets = { folder: undefined, style: undefined, script: undefined };

/** Reads the manifest; once, at start. */
export function findAssets(): Assets {
  const folder = FOLDERS.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((candidate) =>
    existsSync(`${candidate}manifest.json`),
  );
  if (folder === undefined) return UNBUILT;
  const manifest: unknown = JSON.parse(readFileSync(`${folder}manifest.json`, "utf8"));
  return {
    folder,
    style: builtFile(manifest, "src/web/assets/pages.css"),
    script: builtFile(manifest, "src/web/islands/main.ts"),
  };
}

function builtFile(manifest: unknown, source: string): string | undefined {
  const file = member(member(manifest, source), "file");
  return typeof file === "string" ? `/${file}` : undefined;
}

export function serveAssets(app: FastifyInstance, { folder }: Assets): void {
  if (folder === undefined) return;
  app.register(fastifyStatic, {
    root: `${folder}assets`,
    prefix: PREFIX,
    immutable: true,
    maxAge: YEAR_MS,
    index: false,
    redirect: false,
    // Small files, taken whole.
    acceptRanges: false,
    decorateReply: false,
  });
}
