/** Chromium, and a site to visit with it. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";

export interface Site {
  /** On `localhost`: another site than the servers on 127.0.0.1. */
  readonly url: string;
  close(): Promise<void>;
}

interface SiteFile {
  readonly type: string;
  readonly text: string;
}

const { startBrowser: start } = (await import(
  `${new URL("../../../", import.meta.url).pathname}scripts/chromium.mjs`
)) as {
  readonly startBrowser: () => Promise<Browser>;
};
export const startBrowser = start;

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
