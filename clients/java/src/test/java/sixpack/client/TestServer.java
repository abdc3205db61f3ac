package sixpack.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A server of the conformance cases: a program that prints its port and ends when its stdin closes. */
final class TestServer implements AutoCloseable {
  /** Of the repository; tests are run in the folder of the client. */
  static final Path ROOT = Path.of("").toAbsolutePath().resolve("../..").normalize();

  final String url;
  private final Process process;

  private TestServer(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("node"));
    command.addAll(List.of(arguments));
    process =
        new ProcessBuilder(command)
            .directory(ROOT.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String port = process.inputReader().readLine();
    if (port == null) throw new IOException("Expected a server to print its port, got nothing");
    url = "http://127.0.0.1:" + port;
  }

  static TestServer misbehaving() throws IOException {
    return new TestServer("conformance/misbehaving-server.mjs");
  }

  static TestServer real() throws IOException {
    return new TestServer("--import", "tsx", "conformance/real-server.ts");
  }

  /** One that keeps what it knows in a folder, at the port of an earlier one, or at any for 0. */
  static TestServer real(String port, String folder) throws IOException {
    return new TestServer("--import", "tsx", "conformance/real-server.ts", port, folder);
  }

  /** Calls that the misbehaving server saw under a token. */
  List<?> seen(String token) throws IOException {
    return (List<?>) json("/requests/" + token);
  }

  Map<?, ?> details(String experiment) throws IOException {
    return (Map<?, ?>) json("/experiments/" + Text.percentEncoded(experiment));
  }

  private Object json(String path) throws IOException {
    try (InputStream body = URI.create(url + path).toURL().openStream()) {
      return Json.read(new String(body.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().join();
  }
}
