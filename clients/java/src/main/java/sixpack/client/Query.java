package sixpack.client;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The query string of a page, in which visitors put what they like. */
final class Query {
  private Query() {}

  /** The first value of each name that has one. What isn't encoded as it should be stands as it is. */
  static Map<String, String> read(String query) {
    Map<String, String> found = new HashMap<>();
    for (String pair : query.replaceFirst("^\\?", "").split("&")) {
      int at = pair.indexOf('=');
      if (at < 0 || at == pair.length() - 1) continue;
      found.putIfAbsent(decoded(pair.substring(0, at)), decoded(pair.substring(at + 1)));
    }
    return found;
  }

  private static String decoded(String text) {
    return new String(Text.percentDecoded(text.replace('+', ' ')), StandardCharsets.UTF_8);
  }
}
