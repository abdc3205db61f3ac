/**
 * A machine whose resolver swallows every question: a network namespace of its own, with a name server that never answers.
 * Run by another program, this file is the machine's one visitor: it prints how long the control took, and why.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Longest time for the control, in milliseconds, at the default time-out of 500. */
const CONTROL_MS_MAX = 600;
const EXPERIMENTS = 5;

export function* unresolved(node) {
  yield [
    `answers the controls of ${EXPERIMENTS} experiments within ${CONTROL_MS_MAX} ms when the resolver is silent`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), "sixpack-dns-"));
      const file = join(folder, "resolv.conf");
      writeFileSync(file, "nameserver 127.0.0.1\n");
      const script =
        'PATH="$PATH:/usr/sbin:/sbin"; mount --bind "$1" /etc/resolv.conf && ip link set lo up && exec "$2" "$3"';
      const args = ["-rmn", "sh", "-c", script, "sh", file, node, fileURLToPath(import.meta.url)];
      const { elapsedMs, answers, codes } = JSON.parse(execFileSync("unshare", args, { encoding: "utf8" }));
      rmSync(folder, { recursive: true });
      assert.deepEqual(answers, Array(EXPERIMENTS).fill("red"));
      assert.deepEqual(codes, ["timeout", ...Array(EXPERIMENTS - 1).fill("unreachable")]);
      assert.ok(elapsedMs < CONTROL_MS_MAX, `Expected less than ${CONTROL_MS_MAX} ms, got ${elapsedMs}`);
    },
  ];
}

async function visit() {
  // Built by now; it isn't yet where this file is imported.
  const { Session } = await import("../../clients/typescript/dist/index.js");
  const resolver = createSocket("udp4");
  await once(resolver.bind(53, "127.0.0.1"), "listening");
  const codes = [];
  const session = new Session("http://ab.example.com", { onFailure: ({ code }) => codes.push(code) });
  const answers = [];
  const startMs = performance.now();
  for (let number = 0; number < EXPERIMENTS; number += 1) {
    answers.push(await session.participate(`experiment-${number}`, ["red", "blue"]));
  }
  process.stdout.write(JSON.stringify({ elapsedMs: performance.now() - startMs, answers, codes }));
  // Its own resolver's thread would wait on.
  process.exit(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await visit();
