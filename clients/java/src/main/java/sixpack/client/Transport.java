package sixpack.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingDeque;

/** One HTTP request within one deadline, over connections that are kept alive and shared by all sessions. */
final class Transport {
  /** Idle connections kept per process and server. */
  private static final int KEPT_MAX = 8;

  private static final Map<String, LinkedBlockingDeque<Connection>> IDLE = new ConcurrentHashMap<>();

  private Transport() {}

  /**
   * A GET, or with a body a POST of JSON.
   *
   * @throws SocketTimeoutException when the answer isn't complete in time
   * @throws BrokenAnswer when what comes is no complete answer
   * @throws IOException when there is no connection, or it ends before an answer begins
   */
  static Answer send(Address address, String apiKey, String target, byte[] body, Deadline deadline)
      throws IOException {
    byte[] request = bytes(address, apiKey, target, body);
    Connection kept = take(address);
    if (kept != null) {
      try {
        return exchange(address, kept, request, deadline);
      } catch (SocketTimeoutException | BrokenAnswer failed) {
        throw failed;
      } catch (IOException closed) {
        // While it was idle, or under the request: that is no failure, a new one will do.
      }
    }
    return exchange(address, Connection.open(address, deadline), request, deadline);
  }

  /** Closes what is kept: a connection that gave somebody else's answer is out of step. */
  static void forget(Address address) {
    for (Connection kept = take(address); kept != null; kept = take(address)) kept.close();
  }

  private static Answer exchange(Address address, Connection connection, byte[] request, Deadline deadline)
      throws IOException {
    Answer answer = connection.exchange(request, deadline);
    if (!answer.keepsAlive() || !idle(address).offerFirst(connection)) connection.close();
    return answer;
  }

  /** The one that was used last: those that are used seldom are closed by the server. */
  private static Connection take(Address address) {
    while (true) {
      Connection kept = idle(address).pollFirst();
      if (kept == null || !kept.isStale()) return kept;
      kept.close();
    }
  }

  private static LinkedBlockingDeque<Connection> idle(Address address) {
    String server = (address.isTls() ? "https://" : "http://") + address.authority();
    return IDLE.computeIfAbsent(server, key -> new LinkedBlockingDeque<>(KEPT_MAX));
  }

  private static byte[] bytes(Address address, String apiKey, String target, byte[] body) {
    StringBuilder head = new StringBuilder(body == null ? "GET " : "POST ");
    head.append(address.path()).append(target).append(" HTTP/1.1\r\nHost: ").append(address.authority());
    head.append("\r\nAccept: application/json\r\n");
    if (apiKey != null) head.append("Authorization: Bearer ").append(apiKey).append("\r\n");
    if (body != null) {
      head.append("Content-Type: application/json\r\nContent-Length: ").append(body.length).append("\r\n");
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    if (body != null) bytes.writeBytes(body);
    return bytes.toByteArray();
  }
}
