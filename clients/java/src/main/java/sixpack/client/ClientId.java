package sixpack.client;

import java.nio.charset.CharacterCodingException;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who the client is: the cookie that every language shares, or a new UUID. */
final class ClientId {
  private static final String COOKIE = "sixpack_client_id";
  private static final Pattern PAIR = Pattern.compile("(?:^|; *)" + COOKIE + "=([^;]*)");
  private static final Pattern BAD_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");
  private static final Pattern DOMAIN = Pattern.compile("[A-Za-z0-9.-]+");
  private static final int COOKIE_AGE_S = 34_560_000;
  /** In UTF-16 code units, as the server counts. */
  private static final int LENGTH_MAX = 1024;

  private ClientId() {}

  /** Version 4, from a cryptographic source. */
  static String random() {
    return UUID.randomUUID().toString();
  }

  static void check(String text) {
    Names.expect(text != null && isOne(text), "a client id of 1 to 1024 characters", text);
  }

  static boolean isOne(String text) {
    return !text.isEmpty() && text.length() <= LENGTH_MAX && text.indexOf('\0') < 0 && Text.isUnicode(text);
  }

  /** The client id in a {@code Cookie} header, {@code null} where there is none. */
  static String fromCookie(String header) {
    Matcher found = PAIR.matcher(header);
    if (!found.find()) return null;
    String text = decoded(found.group(1));
    return isOne(text) ? text : null;
  }

  static String cookie(String clientId, String domain) {
    String at = domain == null ? "" : "; Domain=" + domain;
    String value = Text.percentEncoded(clientId);
    return COOKIE + "=" + value + "; Path=/; Max-Age=" + COOKIE_AGE_S + "; SameSite=Lax" + at;
  }

  static void checkDomain(String domain) {
    Names.expect(domain == null || DOMAIN.matcher(domain).matches(), "a cookie domain like example.com", domain);
  }

  /** What can't be decoded is taken as it stands. */
  private static String decoded(String text) {
    if (BAD_ESCAPE.matcher(text).find()) return text;
    try {
      return Text.utf8(Text.percentDecoded(text));
    } catch (CharacterCodingException noText) {
      return text;
    }
  }
}
