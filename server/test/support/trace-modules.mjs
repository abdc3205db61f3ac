/**
 * Preloaded into a server by `NODE_OPTIONS=--import …`: a line on stderr for every file that is loaded as a module, and one
 * when a server of the process listens. Both are written at once, so their order is the order in which it happened.
 */
import { writeSync } from "node:fs";
import Module, { register } from "node:module";
import { Server } from "node:net";

const trace = (what) => writeSync(2, `trace ${process.pid} ${what}\n`);

const hooks = `
  import { writeSync } from "node:fs";
  export async function load(url, context, next) {
    if (url.startsWith("file:")) writeSync(2, "trace " + process.pid + " loads " + url + "\\n");
    return next(url, context);
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const loadScript = Module._extensions[".js"];
Module._extensions[".js"] = (module, filename) => {
  trace(`loads ${filename}`);
  return loadScript(module, filename);
};

const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  this.once("listening", () => trace("listens"));
  return listen.apply(this, args);
};
