package sixpack.client;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What came of a request: the fields of an answer with its status, or the code that says why there was none.
 *
 * @param fields none where the body was no object of JSON
 * @param code {@code null} where there was an answer
 * @param message of ours; the server's is among the fields
 */
record Reply(int status, Map<?, ?> fields, Failure.Code code, String message) {
  private static final int QUOTED_BYTES_MAX = 80;

  static Reply none(Failure.Code code, String message) {
    return new Reply(0, Map.of(), code, message);
  }

  /** By its status, of which a body would not have changed the meaning. */
  static Reply broken(BrokenAnswer cause) {
    Failure.Code code = cause.status == 0 ? Failure.Code.BAD_ANSWER : null;
    return new Reply(cause.status, Map.of(), code, cause.getMessage());
  }

  static Reply of(int status, Object body) {
    if (body instanceof Map<?, ?> fields) return new Reply(status, fields, null, null);
    return new Reply(status, Map.of(), null, "Expected an answer, got status " + status + " without one");
  }

  /** The reply that an answer's bytes are. */
  static Reply read(int status, byte[] body) {
    try {
      return of(status, Json.read(Text.utf8(body)));
    } catch (CharacterCodingException | IllegalArgumentException noJson) {
      String begin = new String(body, 0, Math.min(body.length, QUOTED_BYTES_MAX), StandardCharsets.UTF_8);
      return new Reply(status, Map.of(), null, "Expected an answer, got status " + status + ": " + begin);
    }
  }

  boolean isOk() {
    return code == null && status >= 200 && status < 300 && "ok".equals(fields.get("status"));
  }
}
