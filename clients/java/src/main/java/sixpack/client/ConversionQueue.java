package sixpack.client;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps conversions in memory until the server has them, so that an outage loses none and makes no visitor wait. One for
 * a process: it takes the conversions of any session, and sends them from a thread of its own.
 *
 * <p>Each keeps its id however often it is sent, so the server counts it once. What is given is sent, or reported to
 * the hook of its session. A process that ends in the usual way waits for it, at most five seconds.
 */
public final class ConversionQueue implements AutoCloseable {
  private static final int CONVERSIONS_MAX = 10_000;
  private static final Duration AGE_MAX = Duration.ofDays(1);
  private static final Duration EXIT_MAX = Duration.ofSeconds(5);
  private static final long RETRY_NS_MIN = TimeUnit.SECONDS.toNanos(1);
  private static final long RETRY_NS_MAX = TimeUnit.MINUTES.toNanos(1);

  private record Waiting(Session session, Call call, long since) {
    void drop(String message) {
      session.report(call.failure(Failure.Code.UNREACHABLE, message, null));
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final Thread atExit = new Thread(() -> flushAndDrop(EXIT_MAX), "sixpack-conversions-exit");
  private long dueAt = System.nanoTime();
  private long pauseNs = RETRY_NS_MIN;
  private boolean works = false;

  /** Makes an empty queue. */
  public ConversionQueue() {
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /**
   * Takes a conversion, as {@link Session#convert(String)} does, and returns at once.
   *
   * @param session whose conversion it is
   * @param experiment its name; {@code null} converts in every experiment that the client is in
   */
  public void convert(Session session, String experiment) {
    convert(session, experiment, null, null);
  }

  /**
   * Takes the conversion of a KPI.
   *
   * @param session whose conversion it is
   * @param experiment its name; {@code null} converts in every experiment that the client is in
   * @param kpi a name of letters, digits, {@code -} and {@code _}, or {@code null}
   */
  public void convert(Session session, String experiment, String kpi) {
    convert(session, experiment, kpi, null);
  }

  /**
   * Takes the conversion of a KPI with a value.
   *
   * @param session whose conversion it is
   * @param experiment its name; {@code null} converts in every experiment that the client is in
   * @param kpi a name of letters, digits, {@code -} and {@code _}, or {@code null}
   * @param value from -1e12 to 1e12, or {@code null}
   */
  public void convert(Session session, String experiment, String kpi, Number value) {
    Call call = session.conversion(experiment, kpi, value);
    if (call == null) return;
    Waiting lost = null;
    lock.lock();
    try {
      if (waiting.size() >= CONVERSIONS_MAX) lost = waiting.pollFirst();
      waiting.addLast(new Waiting(session, call, System.nanoTime()));
      if (!works) works = start();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (lost != null) lost.drop("Expected at most " + CONVERSIONS_MAX + " conversions to wait");
  }

  /**
   * How many wait.
   *
   * @return conversions, the one being sent among them
   */
  public int size() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sends at once what waits.
   *
   * @param timeout longest time to wait for that
   * @return whether nothing waits any more
   * @throws InterruptedException when the thread is interrupted meanwhile
   */
  public boolean flush(Duration timeout) throws InterruptedException {
    long leftNs = TimeUnit.NANOSECONDS.convert(timeout);
    lock.lock();
    try {
      dueAt = System.nanoTime();
      changed.signalAll();
      while (!waiting.isEmpty() && leftNs > 0) leftNs = changed.awaitNanos(leftNs);
      return waiting.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing waits any more, at most five seconds; what is left then is reported. */
  @Override
  public void close() {
    flushAndDrop(EXIT_MAX);
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException ending) {
      // The process ends already.
    }
  }

  void flushAndDrop(Duration timeout) {
    try {
      flush(timeout);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    List<Waiting> left;
    lock.lock();
    try {
      left = List.copyOf(waiting);
      waiting.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    for (Waiting one : left) one.drop("Expected the server before the process ended");
  }

  private boolean start() {
    Thread thread = new Thread(this::work, "sixpack-conversions");
    thread.setDaemon(true);
    try {
      thread.start();
      return true;
    } catch (OutOfMemoryError noThread) {
      return false; // The next conversion tries again.
    }
  }

  /** Ends when nothing waits; the next conversion begins anew. */
  private void work() {
    while (true) {
      Waiting first;
      lock.lock();
      try {
        for (long restNs = dueAt - System.nanoTime(); !waiting.isEmpty() && restNs > 0; restNs = dueAt - System.nanoTime()) {
          changed.awaitNanos(restNs);
        }
        first = waiting.peekFirst();
        if (first == null) {
          works = false;
          return;
        }
      } catch (InterruptedException nobodysBusiness) {
        continue;
      } finally {
        lock.unlock();
      }
      send(first);
    }
  }

  /** Sends one, and puts it at the end where the server is away: others may be luckier. */
  private void send(Waiting first) {
    Failure failure;
    try {
      failure = first.session.deliver(first.call);
    } catch (RuntimeException | Error cause) {
      // The thread is for all of them.
      failure = first.call.failure(Failure.Code.UNREACHABLE, cause.toString(), null);
    }
    boolean isOld = System.nanoTime() - first.since > AGE_MAX.toNanos();
    boolean comesBack = failure != null && failure.isTemporary() && !isOld;
    lock.lock();
    try {
      // It was pushed out, or dropped at the end, and reported then.
      if (waiting.peekFirst() != first) return;
      waiting.removeFirst();
      if (comesBack) {
        waiting.addLast(first);
        dueAt = System.nanoTime() + pauseNs;
        pauseNs = Math.min(2 * pauseNs, RETRY_NS_MAX);
      } else {
        pauseNs = RETRY_NS_MIN;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (failure != null && !comesBack) first.session.report(failure);
  }
}
