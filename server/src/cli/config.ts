/** `sixpack config`: the configuration in force, or the reference of all keys. */
import { effectiveYaml, referenceMarkdown } from "../config/describe.ts";
import type { Loaded } from "../config/load.ts";
import type { World } from "./world.ts";

/** Data, so on stdout: `sixpack config > sixpack.yml` begins a file of one's own. */
export function printConfig({ out }: World, loaded: Loaded): void {
  out.write(effectiveYaml(loaded));
}

export function printReference({ out }: World): void {
  out.write(referenceMarkdown());
}
