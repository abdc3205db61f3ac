/** Files of experiments as lists of lines: out of a store, and into one. */
import { exportFile } from "../../../../src/service/transfer/file/export-file.ts";
import { importFile } from "../../../../src/service/transfer/file/import-file.ts";
import type { ImportOptions } from "../../../../src/service/transfer/import-options.ts";
import type { Store } from "../../../../src/store/store.ts";
import * as make from "../../../support/make.ts";

export async function fileOf(store: Store, names: readonly string[] = []): Promise<readonly string[]> {
  let text = "";
  const options = { names, version: "0.0.0", onExported: () => {} };
  for await (const piece of exportFile(make.context({ store }), options)) text += piece;
  return text.trimEnd().split("\n");
}

async function* each(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}

export async function read(store: Store, lines: readonly string[], options: Partial<ImportOptions> = {}) {
  const results = [];
  const all = {
    names: [],
    dryRun: false,
    replace: false,
    keepClientIds: true,
    actor: "test",
    from: "a file",
    ...options,
  };
  for await (const result of importFile(make.context({ store }), () => each(lines), all)) results.push(result);
  return results;
}
