package sixpack.client;

import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What visitors send is bytes; text is made of it, whatever they are. */
final class Text {
  /** Longest address or user agent that is forwarded, in code units: the server takes URLs of 16 KiB. */
  private static final int ORNAMENT_LENGTH_MAX = 512;

  private Text() {}

  /** Whether no surrogate is without its other half. */
  static boolean isUnicode(String text) {
    return text.codePoints().noneMatch(Text::isSurrogate);
  }

  /** The same, with U+FFFD for every surrogate without its other half. */
  static String scrubbed(String text) {
    if (isUnicode(text)) return text;
    int[] points = text.codePoints().map(point -> isSurrogate(point) ? 0xFFFD : point).toArray();
    return new String(points, 0, points.length);
  }

  /** A user agent or an address as it can be sent; {@code null} for none. It must not cost a call. */
  static String ornament(String text) {
    if (text == null) return null;
    String sent = text.replace("\0", "");
    if (sent.length() > ORNAMENT_LENGTH_MAX) {
      int end = Character.isHighSurrogate(sent.charAt(ORNAMENT_LENGTH_MAX - 1)) ? 1 : 0;
      sent = sent.substring(0, ORNAMENT_LENGTH_MAX - end);
    }
    return sent.isEmpty() ? null : scrubbed(sent);
  }

  static String percentEncoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The bytes that percent-encoded text stands for; a {@code %} that begins no byte stands for itself. */
  static byte[] percentDecoded(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < raw.length; i++) {
      int high = i + 2 < raw.length ? hexDigit(raw[i + 1]) : -1;
      int low = i + 2 < raw.length ? hexDigit(raw[i + 2]) : -1;
      if (raw[i] == '%' && high >= 0 && low >= 0) {
        bytes.write(high << 4 | low);
        i += 2;
      } else {
        bytes.write(raw[i]);
      }
    }
    return bytes.toByteArray();
  }

  /** Fails where the bytes are no UTF-8; {@code new String} would put U+FFFD. */
  static String utf8(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  private static boolean isSurrogate(int point) {
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
  }

  /** ASCII alone: {@code Character.digit} takes the digits of every script. */
  private static int hexDigit(byte letter) {
    return letter < 0 ? -1 : Character.digit(letter, 16);
  }
}
