package sixpack.client;

import static sixpack.client.Expect.holds;
import static sixpack.client.Expect.same;
import static sixpack.client.Expect.throwsBadArgument;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the shared cases can't say: the parts that are Java's own. */
final class SessionTests {
  private static final List<String> COLORS = List.of("red", "blue");
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final TestServer misbehaving;
  private final TestServer real;

  SessionTests(TestServer misbehaving, TestServer real) {
    this.misbehaving = misbehaving;
    this.real = real;
  }

  Map<String, Expect.Work> tests() {
    Map<String, Expect.Work> tests = new LinkedHashMap<>();
    tests.put("offers a cookie that gives the next session the same client", this::cookie);
    tests.put("keeps no cookie without consent, and spans hosts where told to", this::storage);
    tests.put("returns the control when the hook throws", this::hook);
    tests.put("logs failures unless given a hook", this::log);
    tests.put("throws for settings that are none", this::settings);
    tests.put("sends agents that are no text", this::ornaments);
    tests.put("asks for more experiments than a batch takes", this::manyExperiments);
    tests.put("sends numbers of every kind in decimal", this::numbers);
    tests.put("gives up at once when its thread is interrupted, and leaves it so", this::interrupt);
    tests.put("reads no JSON that is none", this::json);
    tests.put("answers a thousand clients on fifty threads, each with its own alternative", this::crowd);
    return tests;
  }

  private void cookie() {
    Session session = Session.at(real.url).build();
    same(Optional.empty(), session.cookieToSet());
    String uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    holds(session.clientId().matches(uuid), "a UUID, got " + session.clientId());
    String cookie = "sixpack_client_id=" + session.clientId() + "; Path=/; Max-Age=34560000; SameSite=Lax";
    same(Optional.of(cookie), session.cookieToSet());
    Session next = Session.at(real.url).cookie("a=b; " + cookie.split(";")[0]).build();
    same(session.clientId(), next.clientId());
    List<String> used = new CopyOnWriteArrayList<>();
    Session told = Session.at(real.url).onFirstUse(one -> used.add(one.cookieToSet().orElse(""))).build();
    same(List.of(), used);
    told.clientId();
    told.clientId();
    same(List.of(told.setCookie()), used);
    same(Optional.empty(), next.cookieToSet());
    String encoded = Session.at(real.url).clientId("zoë ;").build().setCookie();
    holds(encoded.startsWith("sixpack_client_id=zo%C3%AB%20%3B; "), "the id encoded, got " + encoded);
  }

  private void storage() {
    String cookie = "sixpack_client_id=shop-42";
    Session none = Session.at(real.url).cookie(cookie).storage(Storage.NONE).build();
    holds(!none.clientId().equals("shop-42"), "a client of its own");
    same(Optional.empty(), none.cookieToSet());
    Session shop = Session.at(real.url).cookieDomain("example.com").build();
    shop.clientId();
    holds(shop.cookieToSet().orElse("").endsWith("; Domain=example.com"), "the domain in the cookie");
    Session given = Session.at(real.url).clientId("user-1").cookie(cookie).build();
    same("user-1", given.clientId());
    same(Optional.empty(), given.cookieToSet());
    Session kept = Session.at(real.url).clientId("user-1").cookie(cookie).storage(Storage.COOKIE).build();
    holds((kept.clientId() + kept.cookieToSet()).contains("=user-1;"), "the id that was given in the cookie");
  }

  private void hook() {
    Session session =
        Session.at(misbehaving.url + "/error-500/java-hook")
            .timeout(MINUTE)
            .onFailure(
                failure -> {
                  throw new AssertionError("its own trouble");
                })
            .build();
    same("red", session.participate("button", COLORS));
  }

  private void log() {
    List<String> lines = new CopyOnWriteArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            if (line.getMessage().contains("/java-log")) lines.add(line.getLevel() + " " + line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("sixpack.client");
    logger.addHandler(handler);
    for (int times = 0; times < 3; times++) {
      Session.at(misbehaving.url + "/error-500/java-log").timeout(MINUTE).build().participate("button", COLORS);
    }
    Session.at(misbehaving.url + "/nowhere/java-log/").timeout(MINUTE).build().convert(null);
    logger.removeHandler(handler);
    same(2, lines.size());
    String server = misbehaving.url + "/error-500/java-log: server-error, internal error";
    same("WARNING sixpack: participate of button at " + server, lines.get(0));
    String began = "WARNING sixpack: convert of every experiment at " + misbehaving.url + "/nowhere/java-log: rejected, ";
    holds(lines.get(1).startsWith(began), "where, got " + lines.get(1));
    holds(lines.get(1).endsWith(". Does Sixpack's API answer there?"), "advice, got " + lines.get(1));
  }

  private void settings() throws Exception {
    throwsBadArgument(() -> Session.at(null).build());
    for (String id : List.of("", "a\0b", "\ud83d", "x".repeat(1025), "😀".repeat(513))) {
      throwsBadArgument(() -> Session.at(real.url).clientId(id).build());
    }
    same(1024, Session.at(real.url).clientId("x".repeat(1024)).build().clientId().length());
    throwsBadArgument(() -> Session.at(real.url).retries(-1));
    throwsBadArgument(() -> Session.at(real.url).timeout(Duration.ZERO));
    throwsBadArgument(() -> Session.at(real.url).cookieDomain("a;b"));
    for (String key : List.of("", "two words", "a\r\nX: 1")) throwsBadArgument(() -> Session.at(real.url).apiKey(key));
    throwsBadArgument(() -> Session.at(real.url).segment("two words", "a"));
    Session session = Session.at(real.url).build();
    for (Number value : List.of(Double.NaN, Double.NEGATIVE_INFINITY, new BigDecimal("1e13"))) {
      throwsBadArgument(() -> session.convert("button", null, value));
    }
    throwsBadArgument(() -> session.participate("a\ud83db", COLORS));
    throwsBadArgument(() -> session.participate(null, COLORS));
    throwsBadArgument(() -> session.participate("button", null));
    throwsBadArgument(() -> session.participate("button", Collections.nCopies(2, null)));
  }

  private void ornaments() throws Exception {
    Session session =
        Session.at(misbehaving.url + "/fine/java-agent")
            .timeout(MINUTE)
            .ipAddress("\udc00::1")
            .userAgent("caf\ud800 \0é" + "😀".repeat(300))
            .build();
    same("blue", session.participate("button", COLORS));
    Map<String, Object> arguments = Conformance.fields(Conformance.fields(call("java-agent", 0)).get("arguments"));
    same(List.of("\ufffd::1"), arguments.get("ip_address"));
    same(List.of("caf\ufffd é" + "😀".repeat(253)), arguments.get("user_agent"));
  }

  private void manyExperiments() throws Exception {
    List<Failure> failures = new CopyOnWriteArrayList<>();
    Session session =
        Session.at(real.url).userAgent("Mozilla ".repeat(60)).timeout(MINUTE).onFailure(failures::add).build();
    Map<String, List<String>> experiments = new LinkedHashMap<>();
    for (int number = 0; number < 250; number++) experiments.put("many-" + number, COLORS);
    Map<String, String> shown = session.participateAll(experiments);
    same(List.copyOf(experiments.keySet()), List.copyOf(shown.keySet()));
    same(List.of(), failures);
    same(BigDecimal.ONE, real.details("many-249").get("total_participants"));
  }

  private void numbers() throws Exception {
    Session session = Session.at(misbehaving.url + "/fine/java-numbers").timeout(MINUTE).build();
    List<Number> values = List.of(0.1f, 1e12, -0.0, 7L, new BigDecimal("1E-1000000000"), 1e-7, new AtomicInteger(3));
    for (Number value : values) same(true, session.convert("button", null, value));
    List<String> sent = List.of("0.1", "1000000000000", "0", "7", "0", "0.0000001", "3");
    for (int i = 0; i < sent.size(); i++) {
      Map<String, Object> arguments = Conformance.fields(Conformance.fields(call("java-numbers", i)).get("arguments"));
      same(List.of(sent.get(i)), arguments.get("value"));
    }
  }

  private void interrupt() throws Exception {
    List<Failure> failures = new CopyOnWriteArrayList<>();
    Session session =
        Session.at(misbehaving.url + "/error-500/java-interrupt").timeout(MINUTE).onFailure(failures::add).build();
    Thread.currentThread().interrupt();
    boolean converted = session.convert("button");
    holds(Thread.interrupted(), "a thread that is still interrupted");
    same(false, converted);
    same(1, failures.size());
    same(1, misbehaving.seen("java-interrupt").size());

    // What reads like an address and is none is looked up, which nobody may have to wait for.
    Thread.currentThread().interrupt();
    same("red", Session.at("http://1.2.3.4.5").onFailure(failures::add).build().participate("button", List.of("red", "blue")));
    holds(Thread.interrupted(), "a thread that is still interrupted");
    same("Expected the address of 1.2.3.4.5, got an interrupt", failures.get(1).message());
  }

  private void json() throws Exception {
    for (String text :
        List.of("", "{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "'a'", "\"\n\"", "\"\\x\"", "nul", "1 2", "[".repeat(10_000))) {
      throwsBadArgument(() -> Json.read(text));
    }
    String text = "{\"a\":[1,-2.5,true,false,null,\"\\\"\\\\\\u0001\u00e9\"],\"b\":{},\"c\":[]}";
    same(text, Json.write(Json.read(text)));
    same("😀\n", Json.read(" \"\\ud83d\\uDE00\\n\" "));
  }

  private void crowd() throws Exception {
    Crowd.Result result = Crowd.of(1_000, 50, real.url);
    same(0, result.wrong());
    same(List.of(), result.failures());
    same(BigDecimal.valueOf(1_000), real.details(Crowd.EXPERIMENT).get("total_participants"));
    same(BigDecimal.valueOf(1_000), real.details(Crowd.EXPERIMENT).get("total_conversions"));
  }

  private Object call(String token, int index) throws Exception {
    return misbehaving.seen(token).get(index);
  }
}
