import { testsOf } from "./support/runner.ts";

testsOf({
  language: "PHP",
  folder: "php",
  command: process.env["SIXPACK_TEST_PHP"] ?? "php",
  args: ["test/run.php"],
  line: /^(?<result>ok|failed) (?<name>[^:\n]+)/gm,
  passed: "ok",
});
