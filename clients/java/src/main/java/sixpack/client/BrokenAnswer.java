package sixpack.client;

import java.io.IOException;

/** What came is no complete answer. */
final class BrokenAnswer extends IOException {
  private static final long serialVersionUID = 1;

  BrokenAnswer(String message) {
    super(message);
  }
}
