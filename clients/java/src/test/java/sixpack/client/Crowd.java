package sixpack.client;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many clients at once. What each has to see is computed here, from docs/client-spec.md, part 9. */
final class Crowd {
  static final String EXPERIMENT = "crowd";
  private static final List<String> ALTERNATIVES = List.of("a", "b", "c", "d", "e", "f", "g");

  record Result(int wrong, List<Failure> failures) {}

  private Crowd() {}

  /** Each client takes part twice and converts; an answer that was another's is wrong in six of seven. */
  static Result of(int clients, int threads, String url) throws Exception {
    List<Failure> failures = new CopyOnWriteArrayList<>();
    List<Future<Integer>> wrongs = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    for (int number = 0; number < clients; number++) {
      String id = "crowd-" + number;
      wrongs.add(
          pool.submit(
              () -> {
                Session session =
                    Session.at(url).clientId(id).timeout(Duration.ofMinutes(1)).onFailure(failures::add).build();
                int wrong = 0;
                if (!session.participate(EXPERIMENT, ALTERNATIVES).equals(expected(id))) wrong++;
                if (!session.participate(EXPERIMENT, ALTERNATIVES).equals(expected(id))) wrong++;
                if (!session.convert(EXPERIMENT)) wrong++;
                return wrong;
              }));
    }
    pool.shutdown();
    int wrong = 0;
    for (Future<Integer> each : wrongs) wrong += each.get();
    return new Result(wrong, failures);
  }

  private static String expected(String id) throws Exception {
    byte[] text = (EXPERIMENT + "." + id).getBytes(StandardCharsets.UTF_8);
    String hex = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
    return ALTERNATIVES.get(Integer.parseInt(hex.substring(0, 7), 16) % ALTERNATIVES.size());
  }
}
