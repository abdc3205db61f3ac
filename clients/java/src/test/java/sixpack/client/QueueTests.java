package sixpack.client;

import static sixpack.client.Expect.holds;
import static sixpack.client.Expect.same;
import static sixpack.client.Expect.throwsBadArgument;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

final class QueueTests {
  private static final String NOBODY = "http://127.0.0.1:9";
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final TestServer misbehaving;

  QueueTests(TestServer misbehaving) {
    this.misbehaving = misbehaving;
  }

  Map<String, Expect.Work> tests() {
    Map<String, Expect.Work> tests = new LinkedHashMap<>();
    tests.put("delivers every conversion once after an outage", this::outage);
    tests.put("reports what is left at the end, and what there was no room for", this::end);
    tests.put("reports a conversion that the server refused, once", this::refused);
    tests.put("keeps a conversion that came at a time of too many calls", this::tooMany);
    tests.put("sends what waits when the process ends", this::exit);
    return tests;
  }

  private void outage() throws Exception {
    Path folder = Files.createTempDirectory("sixpack-java");
    BlockingQueue<Failure> failures = new LinkedBlockingQueue<>();
    try (ConversionQueue queue = new ConversionQueue()) {
      List<Session> sessions = new ArrayList<>();
      String url;
      try (TestServer before = TestServer.real("0", folder.toString())) {
        url = before.url;
        for (int number = 0; number < 50; number++) {
          sessions.add(session(url, "buyer-" + number, failures));
          sessions.get(number).participate("outage", List.of("a", "b"));
        }
      }
      for (Session session : sessions) queue.convert(session, "outage");
      holds(!queue.flush(Duration.ofMillis(200)) && queue.size() == 50, "50 conversions to wait, got " + queue.size());
      try (TestServer after = TestServer.real(url.substring(url.lastIndexOf(':') + 1), folder.toString())) {
        holds(queue.flush(Duration.ofMinutes(5)), "nothing to wait");
        same(BigDecimal.valueOf(50), after.details("outage").get("total_conversions"));
      }
      same(0, failures.size());
    } finally {
      try (var files = Files.walk(folder)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
      }
    }
  }

  private void end() throws InterruptedException {
    BlockingQueue<Failure> failures = new LinkedBlockingQueue<>();
    ConversionQueue queue = new ConversionQueue();
    Session session = session(NOBODY, "c", failures);
    for (int number = 0; number < 10_003; number++) queue.convert(session, "button");
    queue.flushAndDrop(Duration.ZERO);
    same(10_003, failures.size());
    holds(queue.flush(Duration.ofSeconds(Long.MAX_VALUE)), "nothing to wait");
    queue.close();
  }

  private void refused() throws Exception {
    BlockingQueue<Failure> failures = new LinkedBlockingQueue<>();
    try (ConversionQueue queue = new ConversionQueue()) {
      queue.convert(session(misbehaving.url + "/rejecting/java-queue", "c", failures), "button", "purchase", 19.99);
      same(Failure.Code.REJECTED, failures.take().code());
      same(0, failures.size());
      same(0, queue.size());
      throwsBadArgument(() -> queue.convert(session(NOBODY, "c", failures), "button", "two words"));
    }
  }

  private void tooMany() throws Exception {
    BlockingQueue<Failure> failures = new LinkedBlockingQueue<>();
    ConversionQueue queue = new ConversionQueue();
    queue.convert(session(misbehaving.url + "/too-many/java-429", "c", failures), "button");
    while (misbehaving.seen("java-429").size() < 2) queue.flush(Duration.ofMillis(20));
    same(1, queue.size());
    same(0, failures.size());
    queue.flushAndDrop(Duration.ZERO);
    queue.close();
  }

  /** Another process, which ends with conversions in its queue. */
  private void exit() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String url = misbehaving.url + "/fine/java-exit";
    List<String> command = List.of(java, "-cp", System.getProperty("java.class.path"), Leaving.class.getName(), url);
    same(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    same(20, misbehaving.seen("java-exit").size());
  }

  static final class Leaving {
    private Leaving() {}

    public static void main(String[] arguments) {
      ConversionQueue queue = new ConversionQueue();
      for (int number = 0; number < 20; number++) {
        queue.convert(Session.at(arguments[0]).clientId("last-" + number).timeout(MINUTE).build(), "exit");
      }
    }
  }

  private static Session session(String url, String clientId, BlockingQueue<Failure> failures) {
    return Session.at(url).clientId(clientId).timeout(MINUTE).onFailure(failures::add).build();
  }
}
