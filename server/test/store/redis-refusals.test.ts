/** Which refusals of Redis are about the server, so that another one is looked for where the address leads. */
import { ErrorReply } from "@redis/client";
import { expect, it } from "vitest";
import { isUnable } from "../../src/store/redis/node.ts";

/** As Redis 7.0 says it to a command, the same within a script, and as 6.2 says it there (from its source; not run). */
const ABOUT_THE_SERVER = [
  "READONLY You can't write against a read only replica.",
  "READONLY You can't write against a read only replica. script: 2f1a, on @user_script:96.",
  "ERR Error running script (call to f_2f1a): @user_script:3: @user_script: 3: -READONLY You can't write against a read only replica. ",
  "@user_script: 96: -OOM command not allowed when used memory > 'maxmemory'.",
  "OOM command not allowed when used memory > 'maxmemory'.",
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  "LOADING Redis is loading the dataset in memory",
  "CLUSTERDOWN The cluster is down",
  "NOREPLICAS Not enough good replicas to write.",
  "NOAUTH Authentication required.",
  "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
];

const ABOUT_THE_COMMAND = [
  "MOVED 3999 127.0.0.1:6381",
  "ASK 3999 127.0.0.1:6381",
  "TRYAGAIN Multiple keys request during rehashing of slot",
  "CROSSSLOT Keys in request don't hash to the same slot",
  "NOSCRIPT No matching script. Please use EVAL.",
  "WRONGTYPE Operation against a key holding the wrong kind of value",
  "ERR value is not an integer or out of range",
  "ERR unknown command 'READONLY'",
  "NOPERM this user has no permissions to run the 'evalsha' command",
  "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
  "EXECABORT Transaction discarded because of previous errors.",
];

it.each(ABOUT_THE_SERVER)("looks for another server after: %s", (message) => {
  expect(isUnable(new ErrorReply(message))).toBe(true);
});

it.each(ABOUT_THE_COMMAND)("stays with the server after: %s", (message) => {
  expect(isUnable(new ErrorReply(message))).toBe(false);
});

it("stays where it was no refusal of Redis", () => {
  expect(isUnable(new Error("READONLY"))).toBe(false);
});
