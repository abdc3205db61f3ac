import { testsOf } from "./support/runner.ts";

testsOf({
  language: "Ruby",
  folder: "ruby",
  command: process.env["SIXPACK_TEST_RUBY"] ?? "ruby",
  args: ["-w", "-e", 'Dir["./test/*_test.rb"].each { |file| require file }', "--", "-v"],
  line: /^\w+#test_(?<name>\w+) = [\d.]+ s = (?<result>.)/gm,
  passed: ".",
});
