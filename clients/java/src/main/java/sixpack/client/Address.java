package sixpack.client;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a server is: its base URL in parts.
 *
 * @param host without the brackets of IPv6
 * @param path before that of every call, without a slash at its end
 */
record Address(boolean isTls, String host, int port, String path) {
  private static final Pattern URL =
      Pattern.compile("(?i)(https?)://([a-z0-9._-]+|\\[[0-9a-f:.]+\\])(?::([0-9]{1,5}))?((?:/[\\x21-\\x7e&&[^?#@]]*)?)");

  /** Throws {@code IllegalArgumentException} for what is no base URL. */
  static Address of(String baseUrl) {
    Matcher found = URL.matcher(baseUrl == null ? "" : baseUrl);
    // What stands before an @ may be a password.
    String shown = baseUrl == null ? null : baseUrl.replaceFirst("(?s).*@", "@");
    Names.expect(found.matches(), "an http(s) base URL without user or query", shown);
    boolean isTls = found.group(1).toLowerCase(Locale.ROOT).equals("https");
    int port = found.group(3) == null ? (isTls ? 443 : 80) : Integer.parseInt(found.group(3));
    Names.expect(port >= 1 && port <= 65_535, "a base URL with a port of 1 to 65535", baseUrl);
    String host = found.group(2).replaceAll("[\\[\\]]", "");
    return new Address(isTls, host, port, found.group(4).replaceAll("/+$", ""));
  }

  /** As the {@code Host} header has it. */
  String authority() {
    String name = host.contains(":") ? "[" + host + "]" : host;
    return port == (isTls ? 443 : 80) ? name : name + ":" + port;
  }
}
