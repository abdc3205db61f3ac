/** docs/tutorial.md, typed as it stands: each command in a shell, each answer compared with what the page says. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../prepare.mjs";
import { freePort } from "./free-port.mjs";

const execute = promisify(execFile);
/** How long the server may take to install, build and listen. */
const START_MAX_MS = 300_000;

export async function* tutorial() {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-tutorial-"));
  const [api, web] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    SIXPACK_PORT: String(api),
    SIXPACK_WEB_PORT: String(web),
    SIXPACK_CONFIG_DATA_DIR: folder,
  };
  const typed = (command) => command.replaceAll(":5000", `:${api}`).replaceAll(":5001", `:${web}`);
  const [start, ...steps] = stepsOf(readFileSync(join(ROOT, "docs/tutorial.md"), "utf8"));
  // A group of its own, so that what npm starts ends with it.
  const server = spawn("sh", ["-c", start.commands], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    yield [start.commands, () => printed(server, "Dashboard")];
    for (const { commands, answer } of steps) {
      yield [
        commands.split("\n").at(-1),
        async () => {
          // The one option that a reader with free ports doesn't type.
          const script = typed(commands).replace("sixpack.js seed", `sixpack.js seed --url http://localhost:${api}`);
          const { stdout } = await execute("bash", ["-e", "-c", script], { cwd: ROOT, env, maxBuffer: 2 ** 24 });
          compare(stdout, answer);
        },
      ];
    }
  } finally {
    process.kill(-server.pid, "SIGTERM");
    await new Promise((resolve) => server.once("close", resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is typed, with the answer that the page shows behind it. */
function stepsOf(page) {
  const blocks = [...page.matchAll(/^```(sh|text)\n([\s\S]*?)\n```$/gm)].map(([, kind, text]) => ({ kind, text }));
  return blocks.flatMap(({ kind, text }, at) => {
    const next = blocks[at + 1];
    return kind === "sh" ? [{ commands: text, answer: next?.kind === "text" ? next.text : "" }] : [];
  });
}

/** "…" stands for anything. */
function compare(output, answer) {
  let from = 0;
  for (const part of answer.split("…").map((piece) => piece.trim())) {
    const at = output.indexOf(part, from);
    if (at === -1) throw new Error(`Expected ${JSON.stringify(part)}, got:\n${output}`);
    from = at + part.length;
  }
}

function printed(server, word) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Expected ${word} of npm start`)), START_MAX_MS);
    let text = "";
    server.stdout.on("data", (piece) => {
      text += piece;
      if (!text.includes(word)) return;
      clearTimeout(timer);
      resolve();
    });
    server.once("close", () => reject(new Error(`Expected npm start to serve, got:\n${text}`)));
  });
}
