/** Loaded into a server by `where.ts`: profiles it from its start, and writes the profile into PROFILE_FOLDER at its end. */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { join } from "node:path";

const SAMPLE_US = 200;

const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
session.post("Profiler.start");
process.on("exit", () => {
  session.post("Profiler.stop", (_, { profile }) => {
    writeFileSync(join(process.env["PROFILE_FOLDER"] ?? "", `${process.pid}.json`), JSON.stringify(profile));
  });
});
// The bare server does not listen for it, and would end without an exit.
process.on("SIGTERM", () => {
  if (process.listenerCount("SIGTERM") === 1) process.exit();
});
