package sixpack.client;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What this process knows of a server, by base URL: that it was silent just now, and that it takes no batches. */
final class Server {
  /** How long nobody waits for a server that was silent: a page with five experiments waits once. */
  private static final Duration SILENCE = Duration.ofSeconds(2);

  private static final Map<String, Server> KNOWN = new ConcurrentHashMap<>();

  volatile boolean takesBatches = true;
  private long answeredAt;
  private boolean hasAnswered;
  private long silentSince;
  private boolean isSilent;

  static Server at(String baseUrl) {
    return KNOWN.computeIfAbsent(baseUrl, url -> new Server());
  }

  synchronized boolean isSilent() {
    return isSilent && System.nanoTime() - silentSince < SILENCE.toNanos();
  }

  synchronized void answered() {
    answeredAt = System.nanoTime();
    hasAnswered = true;
    isSilent = false;
  }

  /** A call that began at {@code since} got no answer. Where others did meanwhile, it was a slow one among them. */
  synchronized void wasSilent(long since) {
    if (hasAnswered && answeredAt - since > 0) return;
    silentSince = System.nanoTime();
    isSilent = true;
  }
}
