package sixpack.client;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/** Host names to addresses, within a deadline: {@code InetAddress} knows none, so threads wait for it, one per name. */
final class Lookup {
  /** How long addresses are used before the name is looked up again. */
  private static final long AGE_NS_MAX = TimeUnit.SECONDS.toNanos(30);

  private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})";
  /** Of any other text, also of digits alone, {@code InetAddress} asks the resolver. */
  private static final Pattern NUMERIC = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}|.*:.*");

  private record Found(List<InetAddress> addresses, long at) {}

  private static final Map<String, Found> KNOWN = new ConcurrentHashMap<>();
  private static final Map<String, CompletableFuture<List<InetAddress>>> RUNNING = new ConcurrentHashMap<>();

  private Lookup() {}

  /** Old addresses are better than none where the resolver is silent. */
  static List<InetAddress> of(String host, Deadline deadline) throws IOException {
    if (NUMERIC.matcher(host).matches()) return List.of(InetAddress.getByName(host));
    Found last = KNOWN.get(host);
    if (last != null && System.nanoTime() - last.at < AGE_NS_MAX) return last.addresses;
    long patienceNs = last == null ? deadline.leftNs() : deadline.leftNs() / 2;
    try {
      return lookUp(host).get(patienceNs, TimeUnit.NANOSECONDS);
    } catch (TimeoutException silent) {
      if (last != null) return last.addresses;
      throw deadline.tooLate("the address of " + host);
    } catch (ExecutionException failed) {
      throw new UnknownHostException("Expected the address of " + host + ", got " + failed.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Expected the address of " + host + ", got an interrupt");
    }
  }

  /** An address that accepted is the first to be tried the next time. */
  static void prefer(String host, InetAddress address) {
    KNOWN.computeIfPresent(host, (name, found) -> new Found(withFirst(address, found.addresses), found.at));
  }

  /** A look-up of the name, the one under way where there is one. */
  private static CompletableFuture<List<InetAddress>> lookUp(String host) {
    CompletableFuture<List<InetAddress>> mine = new CompletableFuture<>();
    CompletableFuture<List<InetAddress>> running = RUNNING.putIfAbsent(host, mine);
    if (running != null) return running;
    Thread thread = new Thread(() -> work(host, mine), "sixpack-lookup");
    thread.setDaemon(true);
    try {
      thread.start();
    } catch (OutOfMemoryError noThread) {
      RUNNING.remove(host);
      mine.completeExceptionally(noThread);
    }
    return mine;
  }

  private static void work(String host, CompletableFuture<List<InetAddress>> result) {
    try {
      List<InetAddress> addresses = Arrays.asList(InetAddress.getAllByName(host));
      Found last = KNOWN.get(host);
      if (last != null && addresses.contains(last.addresses.get(0))) {
        addresses = withFirst(last.addresses.get(0), addresses);
      }
      KNOWN.put(host, new Found(addresses, System.nanoTime()));
      RUNNING.remove(host);
      result.complete(addresses);
    } catch (Throwable cause) {
      RUNNING.remove(host);
      result.completeExceptionally(cause);
    }
  }

  private static List<InetAddress> withFirst(InetAddress first, List<InetAddress> addresses) {
    List<InetAddress> sorted = new ArrayList<>(addresses);
    if (sorted.remove(first)) sorted.add(0, first);
    return sorted;
  }
}
