package sixpack.client;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** A connection to a server. What it does is bounded by a deadline, at which the socket is closed under it. */
final class Connection {
  /** Time-outs of sockets bound one read; neither a write, nor a handshake, nor an answer that trickles. */
  private static final ScheduledThreadPoolExecutor CLOCK = clock();

  private final Socket plain;
  private final BufferedInputStream in;
  private final OutputStream out;

  private Connection(Socket plain, Socket spoken) throws IOException {
    this.plain = plain;
    in = new BufferedInputStream(spoken.getInputStream());
    out = spoken.getOutputStream();
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  /** Tries the addresses of the host one after the other, so that each gets its turn within the deadline. */
  static Connection open(Address address, Deadline deadline) throws IOException {
    List<InetAddress> found = Lookup.of(address.host(), deadline);
    IOException cause = new IOException("no address of " + address.host());
    for (int i = 0; i < found.size(); i++) {
      Socket socket = new Socket(Proxy.NO_PROXY);
      try {
        InetSocketAddress at = new InetSocketAddress(found.get(i), address.port());
        socket.connect(at, deadline.shareMs(found.size() - i - 1));
        socket.setTcpNoDelay(true);
      } catch (IOException refusal) {
        close(socket);
        cause = refusal;
        continue;
      }
      Lookup.prefer(address.host(), found.get(i));
      return within(deadline, socket, () -> new Connection(socket, spoken(address, socket)));
    }
    throw cause;
  }

  Answer exchange(byte[] request, Deadline deadline) throws IOException {
    return within(
        deadline,
        plain,
        () -> {
          out.write(request);
          out.flush();
          return Answer.read(in);
        });
  }

  /** Whether an idle connection says something, as one does before it is closed. Nobody asked. */
  boolean isStale() {
    try {
      return plain.isClosed() || in.available() > 0;
    } catch (IOException ended) {
      return true;
    }
  }

  /** Closes the socket below TLS: a farewell could wait for the other side. */
  void close() {
    close(plain);
  }

  private static Socket spoken(Address address, Socket plain) throws IOException {
    if (!address.isTls()) return plain;
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    SSLSocket socket = (SSLSocket) factory.createSocket(plain, address.host(), address.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  /** Runs the work; whatever it fails with after the deadline is that it came too late. */
  private static <T> T within(Deadline deadline, Socket socket, Work<T> work) throws IOException {
    boolean isDone = false;
    ScheduledFuture<?> end = null;
    try {
      end = CLOCK.schedule(() -> close(socket), deadline.leftNs(), TimeUnit.NANOSECONDS);
      T result = work.run();
      // Closed meanwhile, it would be kept for nothing.
      isDone = end.cancel(false);
      if (!isDone) throw deadline.tooLate("an answer");
      return result;
    } catch (SocketTimeoutException late) {
      throw late;
    } catch (IOException failed) {
      if (deadline.isOver()) throw deadline.tooLate("an answer");
      throw failed;
    } finally {
      if (end != null) end.cancel(false);
      if (!isDone) close(socket);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException closed) {
      // It is gone either way.
    }
  }

  private static ScheduledThreadPoolExecutor clock() {
    ScheduledThreadPoolExecutor clock =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "sixpack-deadlines");
              thread.setDaemon(true);
              return thread;
            });
    clock.setRemoveOnCancelPolicy(true);
    return clock;
  }
}
