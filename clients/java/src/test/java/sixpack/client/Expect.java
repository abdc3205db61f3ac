package sixpack.client;

import java.util.Objects;

/** What tests expect. */
final class Expect {
  private Expect() {}

  interface Work {
    void run() throws Exception;
  }

  static void same(Object expected, Object got) {
    holds(Objects.equals(expected, got), expected + ", got " + got);
  }

  static void holds(boolean condition, String expected) {
    if (!condition) throw new AssertionError("Expected " + expected);
  }

  /** The message of what is thrown. */
  static String throwsBadArgument(Work work) throws Exception {
    try {
      work.run();
    } catch (IllegalArgumentException expected) {
      return expected.getMessage();
    }
    throw new AssertionError("Expected IllegalArgumentException, got none");
  }
}
