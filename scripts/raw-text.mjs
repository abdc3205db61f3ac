/**
 * Lets Node run the sources as they are: `import text from "./file.lua?raw"` gives the file's text, as Vite does it in
 * the bundle and in tests.
 *
 *     node --import tsx --import ./scripts/raw-text.mjs bench/src/redis-memory.ts
 */
import { register } from "node:module";

const hooks = `
  import { readFile } from "node:fs/promises";
  import { fileURLToPath } from "node:url";

  export async function resolve(specifier, context, next) {
    if (!specifier.endsWith("?raw")) return next(specifier, context);
    return { url: new URL(specifier, context.parentURL).href, format: "module", shortCircuit: true };
  }

  export async function load(url, context, next) {
    if (!url.endsWith("?raw")) return next(url, context);
    const text = await readFile(fileURLToPath(url.slice(0, -"?raw".length)), "utf8");
    return { format: "module", source: "export default " + JSON.stringify(text), shortCircuit: true };
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
