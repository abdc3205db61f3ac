import { testsOf } from "./support/runner.ts";

testsOf({
  language: "Python",
  folder: "python",
  command: process.env["SIXPACK_TEST_PYTHON"] ?? "python3",
  args: ["-B", "-m", "unittest", "discover", "-v"],
  line: /^test_(?<name>\w+) \(.*\) \.\.\. (?<result>\w+)/gm,
  passed: "ok",
});
