/** Computes reports in a thread of its own: what `reports-server.ts` compares turns of the event loop with. */
import { parentPort } from "node:worker_threads";
import type { ReportInput } from "../../server/src/stats/input.ts";
import { summarize } from "../../server/src/stats/summarize.ts";

parentPort?.on("message", ({ id, input }: { readonly id: number; readonly input: ReportInput }) => {
  parentPort?.postMessage({ id, report: summarize(input) });
});
