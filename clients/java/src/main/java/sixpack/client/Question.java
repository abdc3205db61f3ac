package sixpack.client;

import java.util.List;

/**
 * A participation: what it is answered from, and by whom.
 *
 * @param forced the alternative that is shown whatever the answer is, or {@code null}
 * @param asks whether a request is needed
 */
record Question(Call call, List<String> alternatives, String forced, boolean asks) {
  /** What is shown where there is no answer. */
  String control() {
    return forced != null ? forced : alternatives.get(0);
  }

  /** What is wrong with the reply; {@code null} where nothing is. */
  Failure judge(Reply reply) {
    Failure failure = call.judge(reply);
    if (failure != null || named(reply) != null) return failure;
    Object got = Call.nameIn(reply.fields().get("alternative"));
    String message = "Expected one of " + String.join(", ", alternatives) + ", got " + got;
    return call.failure(Failure.Code.BAD_ANSWER, message, reply.status());
  }

  /** The alternative to show after a reply that was judged good. */
  String shown(Reply reply) {
    return forced != null ? forced : named(reply);
  }

  private String named(Reply reply) {
    Object name = Call.nameIn(reply.fields().get("alternative"));
    return name instanceof String text && alternatives.contains(text) ? text : null;
  }
}
