package sixpack.client;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A call that did not succeed: what the hook of a {@link Session} is given.
 *
 * @param code what happened
 * @param call {@code participate}, {@code convert} or {@code link}
 * @param experiment its name; {@code null} for a conversion or a link in every experiment
 * @param message for people: what was expected and what came, or the server's own words
 * @param status of HTTP; {@code null} where there was no answer
 */
public record Failure(Code code, String call, String experiment, String message, Integer status) {
  /** What can go wrong: the codes of every Sixpack client. */
  public enum Code {
    /** No complete answer within the time-out. */
    TIMEOUT,
    /** No connection, or it ended before an answer began; also a server that was silent just now. */
    UNREACHABLE,
    /** Status 3xx, which is not followed: the base URL is wrong. */
    REDIRECT,
    /** Status 4xx: the server understood and refused. */
    REJECTED,
    /** Status 5xx. */
    SERVER_ERROR,
    /** Status 2xx, but no complete answer to this call. */
    BAD_ANSWER;

    /** The code as every language writes it: {@code server-error}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final long TELL_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** When a log last heard of each kind, by the clock of {@link System#nanoTime}. */
  private static final Map<String, Long> TOLD = new ConcurrentHashMap<>();

  /**
   * Gives the line to a log, unless it has heard of a failure of this kind, a call and a code at a base URL, in the last
   * minute: it hears of an outage, not of each of its calls.
   */
  void tell(String baseUrl, Consumer<String> log) {
    long now = System.nanoTime();
    String kind = baseUrl + " " + call + " " + code;
    Long told = TOLD.merge(kind, now, (before, then) -> then - before < TELL_PAUSE_NANOS ? before : then);
    if (told == now) log.accept(warning(baseUrl));
  }

  /** A line for a log. What a server of another kind says has to be asked of its address. */
  String warning(String baseUrl) {
    boolean isElsewhere = (status != null && status == 404) || (code != Code.REJECTED && code != Code.SERVER_ERROR);
    String what = call + " of " + (experiment == null ? "every experiment" : experiment);
    String advice = isElsewhere ? ". Does Sixpack's API answer there?" : "";
    return "sixpack: " + what + " at " + baseUrl + ": " + code + ", " + message + advice;
  }

  /** Whether sending the same again at once can't help. */
  boolean isFinal() {
    return code == Code.REJECTED || code == Code.REDIRECT;
  }

  /** Whether it may be another matter later. */
  boolean isTemporary() {
    return !isFinal() || (status != null && (status == 408 || status == 425 || status == 429));
  }
}
