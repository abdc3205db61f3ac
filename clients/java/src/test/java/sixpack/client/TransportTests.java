package sixpack.client;

import static sixpack.client.Expect.holds;
import static sixpack.client.Expect.same;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** What is between client and server: TLS, answers as proxies send them, and servers that are silent half-way. */
final class TransportTests {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final List<String> COLORS = List.of("red", "blue");

  Map<String, Expect.Work> tests() {
    Map<String, Expect.Work> tests = new LinkedHashMap<>();
    tests.put("reads chunks by https over one connection, and trusts nobody under another name", this::tls);
    tests.put("gives up in time on a server that says nothing to a TLS handshake", this::silentHandshake);
    tests.put("gives up in time on a server that reads nothing", this::unread);
    tests.put("reads answers as proxies send them", this::answers);
    tests.put("takes no part of an answer for a whole one", this::brokenAnswers);
    return tests;
  }

  private void tls() throws Exception {
    Path folder = Files.createTempDirectory("sixpack-tls");
    Path store = folder.resolve("keys.p12");
    try {
      List<String> names = List.of("-dname", "CN=localhost", "-ext", "san=dns:localhost");
      makeKeys(store, names);
      Set<Integer> callers = ConcurrentHashMap.newKeySet();
      HttpsServer server = startServer(store, callers);
      // Read by the first connection of this process that speaks TLS.
      System.setProperty("javax.net.ssl.trustStore", store.toString());
      System.setProperty("javax.net.ssl.trustStorePassword", new String(PASSWORD));
      List<Failure> failures = new CopyOnWriteArrayList<>();
      int port = server.getAddress().getPort();
      same(List.of("blue", "blue"), visit("https://localhost:" + port, failures));
      same(1, callers.size());
      same(List.of(), failures);
      same(List.of("red", "red"), visit("https://127.0.0.1:" + port, failures));
      same(List.of("unreachable", "unreachable"), failures.stream().map(one -> one.code().toString()).toList());
      server.stop(0);
    } finally {
      Files.deleteIfExists(store);
      Files.delete(folder);
    }
  }

  /** Connections are taken by the system, and nobody reads them. */
  private void silentHandshake() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      List<Failure.Code> codes = new CopyOnWriteArrayList<>();
      Session session =
          Session.at("https://127.0.0.1:" + silent.getLocalPort())
              .timeout(Duration.ofMillis(300))
              .onFailure(failure -> codes.add(failure.code()))
              .build();
      inTime(() -> same("red", session.participate("button", COLORS)));
      same(List.of(Failure.Code.TIMEOUT), codes);
    }
  }

  private void unread() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Address address = Address.of("http://127.0.0.1:" + silent.getLocalPort());
      inTime(
          () -> {
            try {
              // More than the buffers of both sides.
              Transport.send(address, null, "/batch", new byte[64_000_000], new Deadline(Duration.ofMillis(300)));
            } catch (SocketTimeoutException expected) {
              return;
            }
            throw new AssertionError("Expected a time-out, got none");
          });
    }
  }

  private void answers() throws IOException {
    String hints = "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n";
    String chunks = "3;a=b\r\nabc\r\nA \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
    Answer chunked = read(hints + "HTTP/1.1 200 OK\r\nTRANSFER-encoding: gzip, Chunked\r\n\r\n" + chunks);
    same("abc0123456789", new String(chunked.body(), StandardCharsets.UTF_8));
    same(true, chunked.keepsAlive());
    same(false, read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n{}").keepsAlive());
    same(false, read("HTTP/1.0 200 OK\nContent-Length: 2\n\n{}").keepsAlive());
    same(true, read("HTTP/1.0 200\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}").keepsAlive());
    same(false, read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 408 X\r\n\r\n").keepsAlive());
    Answer unframed = read("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}");
    same(7, unframed.body().length);
    same(false, unframed.keepsAlive());
    same(0, read("HTTP/1.1 204 No Content\r\n\r\n").body().length);
  }

  private void brokenAnswers() throws IOException {
    for (String text :
        List.of(
            "H",
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n{}",
            "HTTP/1.1 200 OK\r\nA: " + "x".repeat(70_000) + "\r\n\r\n{}")) {
      try {
        read(text);
      } catch (BrokenAnswer expected) {
        continue;
      }
      throw new AssertionError("Expected no whole answer, got one of " + text);
    }
  }

  private static Answer read(String text) throws IOException {
    InputStream bytes = new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    return Answer.read(new BufferedInputStream(bytes));
  }

  /** Well below the two minutes and more that a system waits. */
  private static void inTime(Expect.Work work) throws Exception {
    long started = System.nanoTime();
    work.run();
    long ms = (System.nanoTime() - started) / 1_000_000;
    holds(ms < 10_000, "less than 10 s, got " + ms + " ms");
  }

  private static List<String> visit(String url, List<Failure> failures) {
    Session session = Session.at(url).timeout(Duration.ofMinutes(1)).onFailure(failures::add).build();
    return List.of(session.participate("button", COLORS), session.participate("headline", COLORS));
  }

  private static void makeKeys(Path store, List<String> names) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-alias", "a", "-keyalg", "RSA", "-storepass", new String(PASSWORD)));
    command.addAll(List.of("-keystore", store.toString()));
    command.addAll(names);
    same(0, new ProcessBuilder(command).inheritIO().start().waitFor());
  }

  private static HttpsServer startServer(Path store, Set<Integer> callers) throws Exception {
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
    KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          callers.add(exchange.getRemoteAddress().getPort());
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("{\"status\":\"ok\",\"alternative\":".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          exchange.getResponseBody().write("{\"name\":\"blue\"}}".getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    server.start();
    return server;
  }
}
