package sixpack.client;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Several participations in one request. */
final class Batch {
  private static final int CALLS_MAX = 100;
  /** The server takes bodies of 64 KiB. */
  private static final int BYTES_MAX = 60_000;

  private static final Set<Integer> UNKNOWN = Set.of(404, 405, 415);

  private Batch() {}

  /** As many to a request as the server takes. */
  static List<List<Question>> of(List<Question> questions) {
    List<List<Question>> batches = new ArrayList<>();
    int bytes = 0;
    for (Question question : questions) {
      int length = body(List.of(question)).length;
      List<Question> last = batches.isEmpty() ? null : batches.get(batches.size() - 1);
      if (last == null || last.size() == CALLS_MAX || bytes + length > BYTES_MAX) {
        last = new ArrayList<>();
        batches.add(last);
        bytes = 0;
      }
      last.add(question);
      bytes += length;
    }
    return batches;
  }

  static byte[] body(List<Question> questions) {
    List<Object> calls = new ArrayList<>();
    for (Question question : questions) calls.add(Map.of(question.call().name(), question.call().arguments()));
    return Json.write(Map.of("calls", calls)).getBytes(StandardCharsets.UTF_8);
  }

  /** Whether the server knows no batches. Other refusals, a 429 among them, are those of the calls. */
  static boolean isUnknown(Reply reply) {
    return reply.code() == null && UNKNOWN.contains(reply.status());
  }

  /** The reply to each call. A batch that failed as a whole is that failure for each. */
  static List<Reply> replies(Reply reply, int count) {
    if (!reply.isOk()) return Collections.nCopies(count, reply);
    boolean fits = reply.fields().get("answers") instanceof List<?> answers && answers.size() == count;
    List<?> answers = fits ? (List<?>) reply.fields().get("answers") : Collections.nCopies(count, null);
    List<Reply> replies = new ArrayList<>();
    for (Object answer : answers) replies.add(single(answer, reply.status()));
    return replies;
  }

  private static Reply single(Object answer, int status) {
    Object own = answer instanceof Map<?, ?> fields ? fields.get("http_status") : null;
    return own instanceof BigDecimal number ? Reply.of(number.intValue(), answer) : Reply.of(status, null);
  }
}
