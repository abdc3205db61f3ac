package sixpack.client;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The settings of a {@link Session}, begun by {@link Session#at}. None is needed, and {@code null} is as good as none. */
public final class SessionBuilder {
  private static final System.Logger LOG = System.getLogger("sixpack.client");
  private static final Duration TIMEOUT_MAX = Duration.ofDays(1);

  final String baseUrl;
  String clientId;
  String cookie = "";
  String query = "";
  String ipAddress;
  String userAgent;
  Duration timeout = Duration.ofMillis(500);
  int retries = 2;
  Consumer<? super Failure> onFailure = this::log;
  Storage storage;
  String cookieDomain;
  String apiKey;
  final Map<String, String> segments = new LinkedHashMap<>();
  Consumer<? super Session> onFirstUse = session -> {};

  SessionBuilder(String baseUrl) {
    this.baseUrl = baseUrl;
  }

  /**
   * Who is randomised.
   *
   * @param id 1 to 1024 UTF-16 code units; without one the cookie's, else a new UUID
   * @return this
   */
  public SessionBuilder clientId(String id) {
    clientId = id;
    return this;
  }

  /**
   * Takes the client id from the request at hand.
   *
   * @param header its {@code Cookie} header
   * @return this
   */
  public SessionBuilder cookie(String header) {
    cookie = header == null ? "" : header;
    return this;
  }

  /**
   * Lets the page at hand force alternatives: {@code ?sixpack-force-button=blue}.
   *
   * @param text its query string, as it came
   * @return this
   */
  public SessionBuilder query(String text) {
    query = text == null ? "" : text;
    return this;
  }

  /**
   * Forwards the visitor's address, so that the server can leave out ignored ones.
   *
   * @param text that of the connection; a forwarding header only behind a proxy that you know
   * @return this
   */
  public SessionBuilder ipAddress(String text) {
    ipAddress = text;
    return this;
  }

  /**
   * Forwards the visitor's user agent, so that the server can leave out robots.
   *
   * @param text the {@code User-Agent} header of the request at hand
   * @return this
   */
  public SessionBuilder userAgent(String text) {
    userAgent = text;
    return this;
  }

  /**
   * The longest time that one call may take, from the look-up of the name to the last byte; 500 ms.
   *
   * @param duration more than none, at most a day
   * @return this
   */
  public SessionBuilder timeout(Duration duration) {
    boolean fits = !duration.isNegative() && !duration.isZero() && duration.compareTo(TIMEOUT_MAX) <= 0;
    Names.expect(fits, "a time-out of more than 0 and at most a day", duration);
    timeout = duration;
    return this;
  }

  /**
   * How often a conversion or a link is tried again; 2.
   *
   * @param count 0 or more
   * @return this
   */
  public SessionBuilder retries(int count) {
    Names.expect(count >= 0, "0 or more retries", count);
    retries = count;
    return this;
  }

  /**
   * Who is told of everything that went wrong; without one it is a warning to the {@code System.Logger} named {@code sixpack.client}.
   *
   * @param hook what it throws is ignored
   * @return this
   */
  public SessionBuilder onFailure(Consumer<? super Failure> hook) {
    onFailure = hook == null ? this::log : hook;
    return this;
  }

  /**
   * Whether the client id is kept in a cookie; it is, unless one is given.
   *
   * @param kind {@link Storage#NONE} before consent
   * @return this
   */
  public SessionBuilder storage(Storage kind) {
    storage = kind;
    return this;
  }

  /**
   * Lets the hosts of a site ({@code www.}, {@code shop.}) share their visitors.
   *
   * @param domain of the cookie, such as {@code example.com}; without one it is the host's alone
   * @return this
   */
  public SessionBuilder cookieDomain(String domain) {
    ClientId.checkDomain(domain);
    cookieDomain = domain;
    return this;
  }

  /**
   * The key of a back end, for an open server. It is sent in a header, never in an address.
   *
   * @param key one of the server's {@code api_keys}
   * @return this
   */
  public SessionBuilder apiKey(String key) {
    Names.checkApiKey(key);
    apiKey = key;
    return this;
  }

  /**
   * Names a part of the visitors that this one belongs to, for results by segment: {@code segment("plan", "pro")}.
   *
   * @param dimension a name of letters, digits, {@code -} and {@code _}
   * @param value any text; {@code null} for none
   * @return this
   */
  public SessionBuilder segment(String dimension, String value) {
    Names.checkName("a dimension", dimension);
    segments.put(dimension, value);
    return this;
  }

  /**
   * Who is told, once, when the session is first used: a response that has not begun by then takes its cookie.
   *
   * @param hook what it throws is ignored
   * @return this
   */
  public SessionBuilder onFirstUse(Consumer<? super Session> hook) {
    onFirstUse = hook == null ? session -> {} : hook;
    return this;
  }

  /**
   * Makes the session.
   *
   * @return a session of one client
   * @throws IllegalArgumentException for a base URL or a client id that is not valid
   */
  public Session build() {
    return new Session(this);
  }

  private void log(Failure failure) {
    failure.tell(baseUrl.replaceAll("/+$", ""), line -> LOG.log(System.Logger.Level.WARNING, line));
  }
}
