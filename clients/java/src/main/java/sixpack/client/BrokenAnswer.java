package sixpack.client;

import java.io.IOException;

/** What came is no complete answer. Its status is that of HTTP, 0 where even that did not come. */
final class BrokenAnswer extends IOException {
  private static final long serialVersionUID = 1;

  final int status;

  BrokenAnswer(String message) {
    this(message, 0);
  }

  BrokenAnswer(String message, int status) {
    super(message);
    this.status = status;
  }
}
