import { testsOf } from "./support/runner.ts";

testsOf({
  language: "PHP",
  folder: "php",
  command: "php",
  args: ["test/run.php"],
  line: /^(?<result>ok|failed) (?<name>[^:\n]+)/gm,
  passed: "ok",
});
