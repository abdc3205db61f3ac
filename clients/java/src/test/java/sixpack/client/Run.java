package sixpack.client;

import java.util.LinkedHashMap;
import java.util.Map;

/** Runs every test. A line per test, {@code ok name} or {@code failed name: why}; exits 1 when one failed. */
final class Run {
  private Run() {}

  public static void main(String[] arguments) throws Exception {
    int failed = 0;
    Map<String, Expect.Work> tests = new LinkedHashMap<>();
    try (TestServer misbehaving = TestServer.misbehaving();
        TestServer real = TestServer.real()) {
      tests.putAll(new Conformance(misbehaving, real).tests());
      tests.putAll(new SessionTests(misbehaving, real).tests());
      tests.putAll(new QueueTests(misbehaving).tests());
      tests.putAll(new TransportTests().tests());
      for (var test : tests.entrySet()) {
        try {
          test.getValue().run();
          System.out.println("ok " + test.getKey());
        } catch (Exception | AssertionError wrong) {
          failed++;
          System.out.println("failed " + test.getKey() + ": " + wrong);
        }
      }
    }
    System.out.println(tests.size() - failed + " passed, " + failed + " failed");
    System.exit(failed == 0 ? 0 : 1);
  }
}
