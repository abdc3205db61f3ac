/**
 * The runtimes that `npm run test:runtimes` runs, as the npm registry has them. The first of each is the oldest one
 * that README promises; server/test/versions.test.ts holds the two together.
 */
export const NODES = ["20.19.0", "22.23.5", "24.21.0", "26.12.1"];
export const BUN = "1.4.5";
export const DENO = "2.9.6";
export const WORKERD = "1.20261117.1";
export const REACTS = ["18.0.0", "19.3.0"];

export const NEXT = "16.4.6";

/** Those who judge packages, and the compilers that see them. */
export const ATTW = "0.18.5";
export const PUBLINT = "0.3.25";
export const TYPESCRIPTS = ["5.9.3", "7.0.2"];

/** Interpreters are not in that registry: those from here on that are found are run; Java is Debian's. */
export const INTERPRETERS_MIN = { Python: "3.9", Ruby: "3.1", PHP: "8.2", Java: "17" };

/** Package managers beside npm; Yarn has two that differ. */
export const YARNS = ["1.22.22", "4.18.1"];
export const PNPM = "12.21.0";

/** Those who judge the files of deploy/ and the workflows. */
export const ACTION_VALIDATOR = "0.6.0";
export const DOCKERFILE_UTILS = "0.16.3";
export const KUBERNETES_MODELS = "5.1.0";
