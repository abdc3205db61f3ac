package sixpack.client;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** JSON as RFC 8259 has it: a {@code Map}, {@code List}, {@code String}, {@code BigDecimal}, {@code Boolean} or null. */
final class Json {
  /** An answer has five levels. */
  private static final int DEPTH_MAX = 64;
  /** Longer ones are no number of the server's, and slow to read. */
  private static final int NUMBER_LENGTH_MAX = 64;

  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?");

  private final String text;
  private int at = 0;

  private Json(String text) {
    this.text = text;
  }

  /**
   * The value of a whole text.
   *
   * @throws IllegalArgumentException for what is no JSON
   */
  static Object read(String text) {
    Json json = new Json(text);
    Object value = json.value(0);
    json.skipSpace();
    if (json.at < text.length()) throw json.unexpected("the end");
    return value;
  }

  /** The text of a value made of the types above. */
  static String write(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private Object value(int depth) {
    if (depth > DEPTH_MAX) throw unexpected("at most " + DEPTH_MAX + " levels");
    skipSpace();
    if (takes('{')) return object(depth);
    if (takes('[')) return list(depth);
    if (takes('"')) return string();
    if (takesWord("true")) return true;
    if (takesWord("false")) return false;
    if (takesWord("null")) return null;
    return number();
  }

  private Map<String, Object> object(int depth) {
    Map<String, Object> fields = new LinkedHashMap<>();
    skipSpace();
    if (takes('}')) return fields;
    do {
      skipSpace();
      need('"');
      String name = string();
      skipSpace();
      need(':');
      fields.put(name, value(depth + 1));
      skipSpace();
    } while (takes(','));
    need('}');
    return fields;
  }

  private List<Object> list(int depth) {
    List<Object> items = new ArrayList<>();
    skipSpace();
    if (takes(']')) return items;
    do {
      items.add(value(depth + 1));
      skipSpace();
    } while (takes(','));
    need(']');
    return items;
  }

  private String string() {
    StringBuilder out = new StringBuilder();
    while (!takes('"')) {
      char letter = next();
      if (letter < ' ') throw unexpected("no control character");
      out.append(letter == '\\' ? escaped() : letter);
    }
    return out.toString();
  }

  private char escaped() {
    char letter = next();
    return switch (letter) {
      case '"', '\\', '/' -> letter;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hex();
      default -> throw unexpected("an escape");
    };
  }

  private char hex() {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      char letter = next();
      int digit = letter < 0x80 ? Character.digit(letter, 16) : -1;
      if (digit < 0) throw unexpected("4 hexadecimal digits");
      code = code << 4 | digit;
    }
    return (char) code;
  }

  private BigDecimal number() {
    Matcher found = NUMBER.matcher(text).region(at, Math.min(text.length(), at + NUMBER_LENGTH_MAX));
    if (!found.lookingAt()) throw unexpected("a value");
    at = found.end();
    return new BigDecimal(found.group());
  }

  private void skipSpace() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) at++;
  }

  private boolean takes(char wanted) {
    if (at == text.length() || text.charAt(at) != wanted) return false;
    at++;
    return true;
  }

  private boolean takesWord(String word) {
    if (!text.startsWith(word, at)) return false;
    at += word.length();
    return true;
  }

  private void need(char wanted) {
    if (!takes(wanted)) throw unexpected(String.valueOf(wanted));
  }

  private char next() {
    if (at == text.length()) throw unexpected("the end of a text");
    return text.charAt(at++);
  }

  private IllegalArgumentException unexpected(String expected) {
    return new IllegalArgumentException("Expected " + expected + " at character " + at + " of JSON");
  }

  private static void write(Object value, StringBuilder out) {
    if (value instanceof Map<?, ?> fields) {
      String between = "{";
      for (Map.Entry<?, ?> field : fields.entrySet()) {
        writeString(field.getKey().toString(), out.append(between));
        write(field.getValue(), out.append(':'));
        between = ",";
      }
      out.append(fields.isEmpty() ? "{}" : "}");
    } else if (value instanceof List<?> items) {
      String between = "[";
      for (Object item : items) {
        write(item, out.append(between));
        between = ",";
      }
      out.append(items.isEmpty() ? "[]" : "]");
    } else if (value instanceof String text) {
      writeString(text, out);
    } else {
      out.append(value instanceof BigDecimal number ? number.toPlainString() : value);
    }
  }

  private static void writeString(String text, StringBuilder out) {
    out.append('"');
    for (char letter : text.toCharArray()) {
      if (letter < ' ') out.append(String.format("\\u%04x", (int) letter));
      else if (letter == '"' || letter == '\\') out.append('\\').append(letter);
      else out.append(letter);
    }
    out.append('"');
  }
}
