/** Builds the packages before the tests of what is published: in a browser, and installed into an empty folder. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export function setup(): void {
  for (const name of ["typescript", "openfeature"]) {
    const cwd = fileURLToPath(new URL(`../../${name}/`, import.meta.url));
    execFileSync("npm", ["run", "--silent", "build"], { cwd, stdio: ["ignore", "ignore", "inherit"] });
  }
}
