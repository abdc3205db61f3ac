import { testsOf } from "../support/runner.ts";

testsOf({
  language: "Go",
  folder: "go",
  command: "go",
  args: ["test", "-count=1", "-v", "./..."],
  line: /^ *--- (?<result>PASS|FAIL): Test(?<name>\S+) /gm,
  passed: "PASS",
});
