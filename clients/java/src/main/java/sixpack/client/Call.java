package sixpack.client;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * A call of one client, before it is sent and when its answer came: no network here.
 *
 * @param name {@code participate}, {@code convert} or {@code link}
 * @param arguments texts, numbers, {@code true}, and lists of the former, in the order in which they are sent
 */
record Call(String name, Map<String, Object> arguments) {
  String experiment() {
    return (String) arguments.get("experiment");
  }

  /** What a POST of this call alone sends; {@code null} for a GET. */
  byte[] body() {
    return isPost() ? Json.write(arguments).getBytes(StandardCharsets.UTF_8) : null;
  }

  /** Path and query of the request for this call alone. */
  String target() {
    if (isPost()) return "/" + name;
    StringJoiner query = new StringJoiner("&", "/" + name + "?", "");
    arguments.forEach(
        (argument, value) -> {
          for (Object item : value instanceof List<?> items ? items : List.of(value)) {
            String text = item instanceof BigDecimal number ? number.toPlainString() : item.toString();
            query.add(argument + "=" + Text.percentEncoded(text));
          }
        });
    return query.toString();
  }

  /** What is wrong with the reply to this call; {@code null} where nothing is. */
  Failure judge(Reply reply) {
    if (reply.code() != null) return failure(reply.code(), reply.message(), null);
    if (reply.isOk()) {
      String wrong = wrongOwner(reply.fields());
      return wrong == null ? null : failure(Failure.Code.BAD_ANSWER, wrong, reply.status());
    }
    int status = reply.status();
    Failure.Code code = Failure.Code.BAD_ANSWER;
    if (status >= 300) code = Failure.Code.REDIRECT;
    if (status >= 400) code = Failure.Code.REJECTED;
    if (status >= 500) code = Failure.Code.SERVER_ERROR;
    Object message = reply.fields().get("message");
    if (message == null) message = reply.message();
    if (message == null) message = "Expected an answer, got status " + status;
    return failure(code, message.toString(), status);
  }

  Failure failure(Failure.Code code, String message, Integer status) {
    return new Failure(code, name, experiment(), message, status);
  }

  private boolean isPost() {
    return name.equals("link");
  }

  /** Why the answer is somebody else's. A robot's conversion is answered without names. */
  private String wrongOwner(Map<?, ?> fields) {
    String wrong = wrongOwner("client_id", fields.get("client_id"));
    return wrong != null ? wrong : wrongOwner("experiment", nameIn(fields.get("experiment")));
  }

  private String wrongOwner(String argument, Object got) {
    Object asked = arguments.get(argument);
    if (asked == null || got == null || got.equals(asked)) return null;
    return "Expected the answer of " + argument + " " + asked + ", got that of " + got;
  }

  static Object nameIn(Object object) {
    return object instanceof Map<?, ?> fields ? fields.get("name") : null;
  }
}
