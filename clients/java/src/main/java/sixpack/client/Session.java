package sixpack.client;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One client of the tests, the visitor of a page, and the calls it makes. It is cheap to make, and safe to share between
 * threads; connections are shared by all sessions.
 *
 * <pre>{@code
 * var session = Session.at("http://localhost:5000").clientId("user-42").build();
 * var color = session.participate("button", List.of("red", "blue"));
 * }</pre>
 *
 * <p>A call returns within the time-out. It throws {@code IllegalArgumentException} for arguments that break the rules,
 * before anything is sent, and nothing for what happens on the network or the server: that is told to the hook.
 */
public final class Session {
  /** Before a conversion or a link is tried again for the first time; each further pause is twice as long. */
  private static final long RETRY_PAUSE_MS = 100;

  private final Address address;
  private final Server server;
  private final Visitor visitor;
  private final String cookieDomain;
  private final boolean setsCookie;
  private final String apiKey;
  private final Duration timeout;
  private final int retries;
  private final Consumer<? super Failure> onFailure;
  private final Consumer<? super Session> onFirstUse;
  private final AtomicBoolean isUsed = new AtomicBoolean();

  Session(SessionBuilder settings) {
    address = Address.of(settings.baseUrl);
    server = Server.at(settings.baseUrl.replaceAll("/+$", ""));
    boolean readsCookie = settings.storage != Storage.NONE;
    String kept = readsCookie ? ClientId.fromCookie(Text.scrubbed(settings.cookie)) : null;
    String wanted = settings.clientId != null ? settings.clientId : kept;
    visitor = new Visitor(wanted != null ? wanted : ClientId.random(), settings);
    Storage usual = settings.clientId == null ? Storage.COOKIE : Storage.NONE;
    Storage storage = settings.storage != null ? settings.storage : usual;
    setsCookie = storage == Storage.COOKIE && !visitor.clientId.equals(kept);
    cookieDomain = settings.cookieDomain;
    apiKey = settings.apiKey;
    timeout = settings.timeout;
    retries = settings.retries;
    onFailure = settings.onFailure;
    onFirstUse = settings.onFirstUse;
  }

  /**
   * Begins a session with a server.
   *
   * @param baseUrl of the server, with its mount path if it has one
   * @return the settings, of which none is needed: {@code Session.at(url).build()}
   */
  public static SessionBuilder at(String baseUrl) {
    return new SessionBuilder(baseUrl);
  }

  /**
   * Who is randomised.
   *
   * @return the id that was given, else that of the cookie, else a new UUID
   */
  public String clientId() {
    use();
    return visitor.clientId;
  }

  /**
   * A cookie for every response, needed or not; usually {@link #cookieToSet} is what you want.
   *
   * @return value of a {@code Set-Cookie} header that makes a browser keep the client id
   */
  public String setCookie() {
    return ClientId.cookie(visitor.clientId, cookieDomain);
  }

  /**
   * The cookie that the response at hand needs.
   *
   * @return the value of {@code Set-Cookie} for a new client, once its session was used; otherwise nothing
   */
  public Optional<String> cookieToSet() {
    return isUsed.get() && setsCookie ? Optional.of(setCookie()) : Optional.empty();
  }

  /**
   * Takes part in an experiment.
   *
   * @param experiment 1 to 255 characters, none of them a control character
   * @param alternatives 2 to 100 different names of letters, digits, {@code -} and {@code _}; the first is the control
   * @return the alternative this client gets; the control on any failure
   */
  public String participate(String experiment, List<String> alternatives) {
    return participate(experiment, alternatives, Options.NONE);
  }

  /**
   * Takes part in an experiment, with options.
   *
   * @param experiment 1 to 255 characters, none of them a control character
   * @param alternatives 2 to 100 different names of letters, digits, {@code -} and {@code _}; the first is the control
   * @param options what else the server is told
   * @return the alternative this client gets; the control, or what is forced, on any failure
   */
  public String participate(String experiment, List<String> alternatives, Options options) {
    return ask(question(experiment, alternatives, options), new Deadline(timeout), null);
  }

  /**
   * Takes part in several experiments, in one request and one time-out.
   *
   * @param experiments their alternatives by their names
   * @return what {@link #participate} would return for each, in the order in which they were asked for
   */
  public Map<String, String> participateAll(Map<String, ? extends List<String>> experiments) {
    return participateAll(experiments, Options.NONE);
  }

  /**
   * The same with options.
   *
   * @param experiments their alternatives by their names
   * @param options for all of them
   * @return what {@link #participate} would return for each, in the order in which they were asked for
   */
  public Map<String, String> participateAll(
      Map<String, ? extends List<String>> experiments, Options options) {
    List<Question> questions = new ArrayList<>();
    experiments.forEach((name, alternatives) -> questions.add(question(name, alternatives, options)));
    Deadline deadline = new Deadline(timeout);
    List<Question> asked = questions.stream().filter(Question::asks).toList();
    Map<Question, Reply> known = new IdentityHashMap<>();
    for (List<Question> part : asked.size() > 1 ? Batch.of(asked) : List.<List<Question>>of()) {
      if (!server.takesBatches) break;
      Reply reply = sendUnlessSilent("/batch", Batch.body(part), deadline);
      if (Batch.isUnknown(reply)) {
        server.takesBatches = false;
        break;
      }
      List<Reply> replies = Batch.replies(reply, part.size());
      for (int i = 0; i < part.size(); i++) known.put(part.get(i), replies.get(i));
    }
    Map<String, String> shown = new LinkedHashMap<>();
    for (Question question : questions) {
      shown.put(question.call().experiment(), ask(question, deadline, known.get(question)));
    }
    return shown;
  }

  /**
   * Converts in an experiment.
   *
   * @param experiment its name; {@code null} converts in every experiment that the client is in
   * @return whether the server has the conversion, after retries
   */
  public boolean convert(String experiment) {
    return convert(experiment, null, null);
  }

  /**
   * Converts a KPI of an experiment.
   *
   * @param experiment its name; {@code null} converts in every experiment that the client is in
   * @param kpi a name of letters, digits, {@code -} and {@code _}, or {@code null}
   * @return whether the server has the conversion, after retries
   */
  public boolean convert(String experiment, String kpi) {
    return convert(experiment, kpi, null);
  }

  /**
   * Converts a KPI of an experiment with a value. Where the alternative was forced, and not recorded, nothing is sent.
   *
   * @param experiment its name; {@code null} converts in every experiment that the client is in
   * @param kpi a name of letters, digits, {@code -} and {@code _}, or {@code null}
   * @param value from -1e12 to 1e12, or {@code null}
   * @return whether the server has the conversion, after retries
   */
  public boolean convert(String experiment, String kpi, Number value) {
    Call call = conversion(experiment, kpi, value);
    return call != null && deliverPatiently(call);
  }

  /**
   * After a login: the id of this session and the one that the visitor had before are one person's, in every experiment that
   * knows one of the two.
   *
   * @param previousId the id before the login, as {@link #clientId} of a session with the visitor's cookie says it
   * @return whether the server has it, after retries
   */
  public boolean link(String previousId) {
    return link(previousId, null);
  }

  /**
   * The same in one experiment.
   *
   * @param previousId the id before the login
   * @param experiment its name; {@code null} links in every experiment that knows one of the two
   * @return whether the server has it, after retries
   */
  public boolean link(String previousId, String experiment) {
    Call call = visitor.linking(previousId, experiment);
    use();
    return deliverPatiently(call);
  }

  private boolean deliverPatiently(Call call) {
    Failure failure = deliver(call);
    for (int tries = 0; tries < retries && failure != null && !failure.isFinal(); tries++) {
      if (!pause(RETRY_PAUSE_MS << Math.min(tries, 30))) break;
      failure = deliver(call);
    }
    if (failure != null) report(failure);
    return failure == null;
  }

  /** For queues: what a conversion sends; {@code null} where the alternative was forced. */
  Call conversion(String experiment, String kpi, Number value) {
    Call call = visitor.conversion(experiment, kpi, value);
    use();
    return call;
  }

  private Question question(String experiment, List<String> alternatives, Options options) {
    Question question = visitor.question(experiment, alternatives, options);
    use();
    return question;
  }

  private void use() {
    if (!isUsed.compareAndSet(false, true)) return;
    try {
      onFirstUse.accept(this);
    } catch (RuntimeException ignored) {
      // The page is more than its test.
    }
  }

  private String ask(Question question, Deadline deadline, Reply known) {
    if (!question.asks()) return question.control();
    Reply reply = known != null ? known : sendUnlessSilent(question.call().target(), null, deadline);
    Failure failure = question.judge(reply);
    if (failure == null) return question.shown(reply);
    forgetAfter(failure);
    report(failure);
    return question.control();
  }

  /** Sends a conversion or a link once, whatever is known of the server: no page waits for it. */
  Failure deliver(Call call) {
    Failure failure = call.judge(send(call.target(), call.body(), new Deadline(timeout)));
    if (failure != null) forgetAfter(failure);
    return failure;
  }

  private void forgetAfter(Failure failure) {
    if (failure.code() == Failure.Code.BAD_ANSWER) Transport.forget(address);
  }

  private Reply sendUnlessSilent(String target, byte[] body, Deadline deadline) {
    if (!server.isSilent()) return send(target, body, deadline);
    return Reply.none(Failure.Code.UNREACHABLE, "Expected an answer, got none just now, so not asked");
  }

  private Reply send(String target, byte[] body, Deadline deadline) {
    Answer answer;
    try {
      answer = Transport.send(address, apiKey, target, body, deadline);
    } catch (BrokenAnswer broken) {
      return Reply.broken(broken);
    } catch (IOException cause) {
      // Whoever is interrupted says nothing about the server.
      if (!Thread.currentThread().isInterrupted()) server.wasSilent(deadline.beganAt);
      boolean isLate = cause instanceof SocketTimeoutException;
      return Reply.none(isLate ? Failure.Code.TIMEOUT : Failure.Code.UNREACHABLE, String.valueOf(cause.getMessage()));
    }
    server.answered();
    return Reply.read(answer.status(), answer.body());
  }

  void report(Failure failure) {
    try {
      onFailure.accept(failure);
    } catch (Throwable ignored) {
      // What a hook throws must not change what the call returns.
    }
  }

  /** Whether it was not interrupted; the thread stays so. */
  private static boolean pause(long ms) {
    try {
      Thread.sleep(ms);
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
