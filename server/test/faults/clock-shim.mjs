/** Loaded into a server before its own code: SIGUSR2 sets its clock back by two days, as a bad time server would. */
const DAYS_MS = 2 * 86_400_000;

const now = Date.now;
let behindMs = 0;

Date.now = () => now() - behindMs;
process.on("SIGUSR2", () => {
  behindMs += DAYS_MS;
});
