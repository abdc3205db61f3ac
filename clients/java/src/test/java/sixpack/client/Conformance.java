package sixpack.client;

import static sixpack.client.Expect.holds;
import static sixpack.client.Expect.same;
import static sixpack.client.Expect.throwsBadArgument;

import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;

/** Replays conformance/clients.json; conformance/README.md says how. */
final class Conformance {
  /** A port on which nothing listens. */
  private static final String NOBODY = "http://127.0.0.1:9";

  private final TestServer misbehaving;
  private final TestServer real;

  Conformance(TestServer misbehaving, TestServer real) {
    this.misbehaving = misbehaving;
    this.real = real;
  }

  /** Each test is a case; they are replayed at the same time, for most of them wait. */
  Map<String, Expect.Work> tests() throws Exception {
    String file = Files.readString(TestServer.ROOT.resolve("conformance/clients.json"));
    List<?> cases = list(fields(Json.read(file)).get("cases"));
    Map<String, Expect.Work> tests = new LinkedHashMap<>();
    Map<String, Object> urls = fields(fields(Json.read(file)).get("base_urls"));
    tests.put("takes base URLs", () -> texts(urls.get("taken")).forEach(url -> Session.at(url).build()));
    tests.put("refuses what is no base URL, and shows no password", () -> refuse(texts(urls.get("refused"))));
    Map<Boolean, List<Callable<Void>>> replays = Map.of(true, new ArrayList<>(), false, new ArrayList<>());
    for (Object item : cases) {
      Map<String, Object> fields = fields(item);
      String token = "java-" + tests.size();
      FutureTask<Void> replay =
          new FutureTask<>(
              () -> {
                replay(fields, token);
                return null;
              });
      replays.get(isPatient(fields)).add(Executors.callable(replay, null));
      tests.put(text(fields.get("name")), () -> await(replay));
    }
    // What shall end by its time-out must have begun by then, which a cold machine is too slow for.
    ExecutorService threads = Executors.newFixedThreadPool(cases.size());
    threads.invokeAll(replays.get(true));
    threads.invokeAll(replays.get(false));
    threads.shutdown();
    return tests;
  }

  private static boolean isPatient(Map<String, Object> item) {
    Object timeoutMs = fields(item.get("session")).get("timeout_ms");
    return timeoutMs != null && ((Number) timeoutMs).longValue() >= 60_000;
  }

  private static void await(Future<?> replay) throws Exception {
    try {
      replay.get();
    } catch (ExecutionException failed) {
      throw new AssertionError(failed.getCause().toString(), failed.getCause());
    }
  }

  private static void refuse(List<String> urls) throws Exception {
    for (String url : urls) {
      String message = throwsBadArgument(() -> Session.at(url).build());
      holds(!message.contains("secret"), "no password, got " + message);
    }
  }

  private void replay(Map<String, Object> item, String token) throws Exception {
    List<Failure> failures = new CopyOnWriteArrayList<>();
    String server = text(item.get("server"));
    String url = server.equals("real") ? real.url : misbehaving.url + "/" + server + "/" + token;
    Session session = session(server.equals("nobody") ? NOBODY : url, fields(item.get("session")), failures);
    int conversions = 0;
    for (Object each : list(item.get("steps"))) {
      Map<String, Object> step = fields(each);
      failures.clear();
      if (step.get("call").equals("wait")) {
        Thread.sleep(((Number) step.get("ms")).longValue());
      } else if (fields(step.get("expect")).containsKey("throws")) {
        throwsBadArgument(() -> call(session, step));
      } else {
        check(session, step, failures);
        if (step.get("call").equals("convert")) conversions++;
      }
    }
    if (item.containsKey("requests")) checkRequests(item, misbehaving.seen(token), conversions);
    if (item.containsKey("details")) {
      Map<String, Object> wanted = fields(item.get("details"));
      Map<?, ?> got = real.details(text(wanted.remove("experiment")));
      wanted.forEach((name, value) -> same(value, got.get(name)));
    }
  }

  private static Session session(String url, Map<String, Object> settings, List<Failure> failures) {
    SessionBuilder session = Session.at(url).onFailure(failures::add);
    settings.forEach(
        (name, value) -> {
          switch (name) {
            case "client_id" -> session.clientId(text(value));
            case "cookie" -> session.cookie(text(value));
            case "query" -> session.query(text(value));
            case "ip_address" -> session.ipAddress(text(value));
            case "user_agent" -> session.userAgent(text(value));
            case "api_key" -> session.apiKey(text(value));
            case "segments" -> fields(value).forEach((dimension, text) -> session.segment(dimension, text(text)));
            case "retries" -> session.retries(((Number) value).intValue());
            case "timeout_ms" -> session.timeout(Duration.ofMillis(((Number) value).longValue()));
            default -> throw new AssertionError("Expected a setting that is known, got " + name);
          }
        });
    return session.build();
  }

  private static Object call(Session session, Map<String, Object> step) {
    String call = text(step.get("call"));
    if (call.equals("convert")) {
      return session.convert(text(step.get("experiment")), text(step.get("kpi")), (Number) step.get("value"));
    }
    if (call.equals("link")) return session.link(text(step.get("previous_id")), text(step.get("experiment")));
    Options options = Options.NONE;
    for (var option : fields(step.getOrDefault("options", Map.of())).entrySet()) {
      options = with(options, option.getKey(), option.getValue());
    }
    if (call.equals("participate")) {
      return session.participate(text(step.get("experiment")), texts(step.get("alternatives")), options);
    }
    Map<String, List<String>> experiments = new LinkedHashMap<>();
    fields(step.get("experiments")).forEach((name, alternatives) -> experiments.put(name, texts(alternatives)));
    return session.participateAll(experiments, options);
  }

  private static Options with(Options options, String name, Object value) {
    return switch (name) {
      case "traffic_fraction" -> options.withTrafficFraction(((Number) value).doubleValue());
      case "weights" ->
          options.withWeights(list(value).stream().mapToDouble(weight -> ((Number) weight).doubleValue()).toArray());
      case "covariate" -> options.withCovariate((Number) value);
      case "prefetch" -> value.equals(true) ? options.withPrefetch() : options;
      case "force" -> options.withForce(text(value));
      case "record_force" -> value.equals(true) ? options.withRecordedForce(options.force()) : options;
      default -> throw new AssertionError("Expected an option that is known, got " + name);
    };
  }

  private static void check(Session session, Map<String, Object> step, List<Failure> failures) {
    Map<String, Object> expected = fields(step.get("expect"));
    long started = System.nanoTime();
    Object returned = call(session, step);
    long elapsedMs = (System.nanoTime() - started) / 1_000_000;
    if (expected.containsKey("returns")) same(expected.get("returns"), returned);
    if (expected.containsKey("failures")) {
      same(expected.get("failures"), failures.stream().map(failure -> failure.code().toString()).toList());
    }
    Object call = step.containsKey("experiments") ? "participate" : step.get("call");
    Collection<?> experiments =
        step.containsKey("experiments")
            ? fields(step.get("experiments")).keySet()
            : Collections.singleton(step.get("experiment"));
    for (Failure failure : failures) {
      same(call, failure.call());
      holds(experiments.contains(failure.experiment()), "a failure of " + experiments + ", got " + failure);
    }
    Object leastMs = expected.get("after_ms");
    holds(leastMs == null || elapsedMs >= ((Number) leastMs).longValue(), leastMs + " ms, got " + elapsedMs);
  }

  private static void checkRequests(Map<String, Object> item, List<?> seen, int conversions) {
    List<Map<String, Object>> got = new ArrayList<>(seen.stream().map(Conformance::fields).toList());
    List<Map<String, Object>> wanted =
        new ArrayList<>(list(item.get("requests")).stream().map(Conformance::fields).toList());
    if (item.containsKey("any_order")) {
      got.sort(Comparator.comparing(Conformance::asked));
      wanted.sort(Comparator.comparing(Conformance::asked));
    }
    same(wanted.size(), got.size());
    Set<Object> ids = new HashSet<>();
    for (int i = 0; i < got.size(); i++) {
      for (String name : List.of("method", "path", "body", "authorization")) same(wanted.get(i).get(name), got.get(i).get(name));
      Map<String, Object> arguments = fields(got.get(i).get("arguments"));
      checkArguments(arguments, fields(wanted.get(i).get("arguments")));
      if (arguments.containsKey("id")) ids.add(arguments.get("id"));
    }
    same(conversions, ids.size());
  }

  private static void checkArguments(Map<String, Object> got, Map<String, Object> wanted) {
    same(wanted.keySet(), got.keySet());
    wanted.forEach(
        (name, value) -> {
          List<String> values = texts(got.get(name));
          if (value instanceof Map<?, ?> rule) {
            same(1, values.size());
            Pattern pattern = Pattern.compile(text(rule.get("matches")));
            holds(pattern.matcher(values.get(0)).find(), pattern + ", got " + values);
          } else {
            same(value instanceof List<?> ? value : List.of(value), values);
          }
        });
  }

  private static String asked(Map<String, Object> request) {
    Object experiment = fields(request.get("arguments")).getOrDefault("experiment", "");
    return request.get("path") + " " + (experiment instanceof List<?> values ? values.get(0) : experiment);
  }

  static Map<String, Object> fields(Object value) {
    Map<String, Object> fields = new LinkedHashMap<>();
    ((Map<?, ?>) value).forEach((name, field) -> fields.put((String) name, field));
    return fields;
  }

  private static List<?> list(Object value) {
    return (List<?>) value;
  }

  static List<String> texts(Object value) {
    return list(value).stream().map(Conformance::text).toList();
  }

  private static String text(Object value) {
    return (String) value;
  }
}
