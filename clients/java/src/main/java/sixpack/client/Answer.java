package sixpack.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An answer of HTTP/1.1, read to its end.
 *
 * @param keepsAlive whether the connection is ready for the next request
 */
record Answer(int status, byte[] body, boolean keepsAlive) {
  /** An answer to the largest batch has a tenth of that. */
  private static final int BODY_BYTES_MAX = 1_048_576;

  private static final int HEAD_BYTES_MAX = 65_536;

  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.([01]) ([0-9]{3})(?: .*)?");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,9}");
  private static final Pattern CHUNK_SIZE = Pattern.compile("([0-9A-Fa-f]{1,7})[ \\t]*(?:;.*)?");

  /**
   * Waits for the answer.
   *
   * @throws BrokenAnswer for less than a whole one
   * @throws IOException when the connection ended before an answer began
   */
  static Answer read(BufferedInputStream in) throws IOException {
    in.mark(1);
    if (in.read() < 0) throw new ConnectException("Expected an answer, got the end of the connection");
    in.reset();
    try {
      return readBegun(in);
    } catch (BrokenAnswer broken) {
      throw broken;
    } catch (IOException ended) {
      throw new BrokenAnswer("Expected a whole answer, got the end of the connection: " + ended.getMessage());
    }
  }

  private static Answer readBegun(BufferedInputStream in) throws IOException {
    Matcher line;
    int status;
    Map<String, String> headers;
    do {
      line = STATUS_LINE.matcher(readLine(in, HEAD_BYTES_MAX));
      if (!line.matches()) throw new BrokenAnswer("Expected an answer of HTTP/1.1, got something else");
      status = Integer.parseInt(line.group(2));
      headers = readHeaders(in);
    } while (status < 200); // An interim answer is passed over.
    try {
      return readBody(in, status, line.group(1).equals("1"), headers);
    } catch (IOException broken) {
      throw new BrokenAnswer(broken.getMessage(), status);
    }
  }

  private static Answer readBody(BufferedInputStream in, int status, boolean isLasting, Map<String, String> headers)
      throws IOException {
    String asked = headers.getOrDefault("connection", "").toLowerCase(Locale.ROOT);
    boolean keepsAlive = !asked.contains("close") && (isLasting || asked.contains("keep-alive"));
    String length = status == 204 || status == 304 ? "0" : headers.get("content-length");
    byte[] body;
    if (headers.getOrDefault("transfer-encoding", "").toLowerCase(Locale.ROOT).endsWith("chunked")) {
      body = readChunks(in);
    } else if (length == null) {
      body = in.readNBytes(BODY_BYTES_MAX + 1);
      checkSize(body.length);
      keepsAlive = false;
    } else {
      if (!LENGTH.matcher(length).matches()) throw new BrokenAnswer("Expected a length, got " + length);
      body = readBytes(in, Integer.parseInt(length));
    }
    // What nobody asked for must not be taken for the next answer.
    return new Answer(status, body, keepsAlive && in.available() == 0);
  }

  private static Map<String, String> readHeaders(BufferedInputStream in) throws IOException {
    Map<String, String> headers = new HashMap<>();
    int left = HEAD_BYTES_MAX;
    for (String line = readLine(in, left); !line.isEmpty(); line = readLine(in, left)) {
      left -= line.length() + 2;
      int colon = line.indexOf(':');
      if (colon > 0) headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return headers;
  }

  private static byte[] readChunks(BufferedInputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      Matcher size = CHUNK_SIZE.matcher(readLine(in, HEAD_BYTES_MAX));
      if (!size.matches()) throw new BrokenAnswer("Expected the size of a chunk, got something else");
      int bytes = Integer.parseInt(size.group(1), 16);
      if (bytes == 0) break;
      checkSize((long) body.size() + bytes);
      body.write(readBytes(in, bytes));
      if (!readLine(in, 2).isEmpty()) throw new BrokenAnswer("Expected the end of a chunk, got more");
    }
    readHeaders(in); // Trailers end as headers do.
    return body.toByteArray();
  }

  private static byte[] readBytes(BufferedInputStream in, int count) throws IOException {
    checkSize(count);
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) throw new BrokenAnswer("Expected " + count + " bytes, got " + bytes.length);
    return bytes;
  }

  private static void checkSize(long bytes) throws BrokenAnswer {
    if (bytes > BODY_BYTES_MAX) throw new BrokenAnswer("Expected at most " + BODY_BYTES_MAX + " bytes, got more");
  }

  /** Without its line feed and carriage return. */
  private static String readLine(BufferedInputStream in, int bytesMax) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int letter = in.read(); letter != '\n'; letter = in.read()) {
      if (letter < 0) throw new BrokenAnswer("Expected a whole answer, got the end of the connection");
      if (line.size() >= bytesMax) throw new BrokenAnswer("Expected at most " + bytesMax + " bytes of head, got more");
      line.write(letter);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }
}
