/** The pages that people read: docs/ with its decisions, and those of the root, the clients, the examples and bench. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDERS = [
  ".",
  "docs",
  "docs/decisions",
  "bench",
  "conformance",
  "examples",
  ...below("clients"),
  ...below("examples"),
];

export interface Page {
  /** Path from the root of the repository. */
  readonly page: string;
  readonly text: string;
}

/** A block of code with its language, `sh` for one. */
interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

/** The changelog tells of the past and is left out. */
export function pages(): readonly Page[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(ROOT + folder)
      .filter((file) => file.endsWith(".md") && file !== "CHANGELOG.md")
      .map((file) => {
        const page = folder === "." ? file : `${folder}/${file}`;
        return { page, text: readFileSync(ROOT + page, "utf8") };
      }),
  );
}

export function blocks(): readonly Block[] {
  return pages().flatMap(({ page, text }) =>
    [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", content = ""]) => ({
      page,
      language,
      text: content,
    })),
  );
}

/** Folders right below one that have a README. */
function below(folder: string): readonly string[] {
  return readdirSync(ROOT + folder)
    .map((name) => `${folder}/${name}`)
    .filter((path) => existsSync(`${ROOT}${path}/README.md`));
}
