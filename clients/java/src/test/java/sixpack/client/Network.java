package sixpack.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A page of five experiments where the network is silent (clients/test/support/silent-network.py). Prints, for each
 * name, what was shown, the codes of failures, and the milliseconds that the page took.
 */
final class Network {
  private Network() {}

  public static void main(String[] arguments) {
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("alive", visit("alive", Duration.ofSeconds(3), arguments[0]));
    found.put("dead", visit("dead", Duration.ofMillis(500), arguments[0]));
    found.put("unknown", visit("unknown", Duration.ofMillis(500), arguments[0]));
    System.out.println(Json.write(found));
  }

  private static Map<String, Object> visit(String name, Duration timeout, String port) {
    List<Object> codes = new ArrayList<>();
    List<Object> shown = new ArrayList<>();
    long started = System.nanoTime();
    Session session =
        Session.at("http://" + name + ".example:" + port + "/fine/java")
            .timeout(timeout)
            .onFailure(failure -> codes.add(failure.code().toString()))
            .build();
    for (int number = 0; number < 5; number++) {
      shown.add(session.participate("page-" + number, List.of("red", "blue")));
    }
    return Map.of("shown", shown, "codes", codes, "ms", (System.nanoTime() - started) / 1_000_000);
  }
}
