/** Chromium, and a site to visit with it. */
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

export interface Site {
  /** On `localhost`: another site than the servers on 127.0.0.1. */
  readonly url: string;
  close(): Promise<void>;
}

export interface SiteFile {
  readonly type: string;
  readonly text: string;
}

export function startBrowser(): Promise<Browser> {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const executablePath = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
  if (executablePath === undefined) {
    throw new Error("Expected Chromium on the PATH, got none. On Debian and Ubuntu: sudo apt-get install chromium");
  }
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A site of the given files, by path, all of them under one Content Security Policy. */
export async function startSite(files: ReadonlyMap<string, SiteFile>, policy: string): Promise<Site> {
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = files.get(pathname);
    response.writeHead(file === undefined ? 404 : 200, {
      "Content-Type": file?.type ?? "text/plain",
      "Content-Security-Policy": policy,
      "Cache-Control": "no-store",
    });
    response.end(file?.text ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
