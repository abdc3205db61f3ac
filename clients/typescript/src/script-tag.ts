/** What a page without a bundler gets by a script tag, as the global `Sixpack`: `new Sixpack.Session(url)`. */
export { participateAll } from "./batch.ts";
export { link } from "./link.ts";
export { ConversionQueue } from "./queue.ts";
export { Session } from "./session.ts";
