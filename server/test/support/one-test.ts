/** What lasts as long as one test: it is stopped when the test is over, whatever came of it, and what began last goes first. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export function stopping<Part extends { readonly stop: () => Promise<unknown> }>(part: Part): Part {
  atTheEnd(() => part.stop());
  return part;
}

export function closing<Part extends { readonly close: () => Promise<unknown> }>(part: Part): Part {
  atTheEnd(() => part.close());
  return part;
}

export function atTheEnd(work: () => Promise<unknown>): void {
  onTestFinished(async () => {
    await work();
  });
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sixpack-test-"));
  atTheEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
