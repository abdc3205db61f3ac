package sixpack.client;

import java.net.SocketTimeoutException;
import java.time.Duration;

/** One deadline around everything that a call does, on the monotonic clock. */
final class Deadline {
  private final Duration timeout;
  final long beganAt = System.nanoTime();

  Deadline(Duration timeout) {
    this.timeout = timeout;
  }

  /**
   * Nanoseconds, more than none.
   *
   * @throws SocketTimeoutException when none are left
   */
  long leftNs() throws SocketTimeoutException {
    long left = beganAt + timeout.toNanos() - System.nanoTime();
    if (left <= 0) throw tooLate("an answer");
    return left;
  }

  boolean isOver() {
    return beganAt + timeout.toNanos() - System.nanoTime() <= 0;
  }

  /** Milliseconds that one of several attempts may take, so that those after it get their turn. */
  int shareMs(int others) throws SocketTimeoutException {
    long ms = leftNs() / Math.min(others + 1, 3) / 1_000_000;
    return (int) Math.max(1, Math.min(ms, Integer.MAX_VALUE));
  }

  SocketTimeoutException tooLate(String expected) {
    return new SocketTimeoutException("Expected " + expected + " in " + timeout.toMillis() + " ms");
  }
}
