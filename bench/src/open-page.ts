/**
 * The list as a browser shows it: a stream of changes, and the page again after each. A process of its own for `beside.ts`,
 * since reading pages would hold up the calls that are timed there. Says "shown" once it has the page and its stream, and at
 * "close" how often it read the page.
 *
 *     node --import tsx bench/src/open-page.ts http://127.0.0.1:5001/
 */
import process from "node:process";

const dashboard = process.argv[2] ?? "";
let reads = 0;
process.on("message", () => {
  process.send?.(reads);
  process.exit();
});

await read();
const stream = await fetch(new URL("events?watch=list", dashboard), { headers: { accept: "text/event-stream" } });
if (stream.body === null) throw new Error("Expected a stream of changes");
process.send?.("shown");
for await (const chunk of stream.body) {
  if (Buffer.from(chunk).includes("changed")) await read();
}

async function read(): Promise<void> {
  await (await fetch(dashboard)).arrayBuffer();
  reads += 1;
}
