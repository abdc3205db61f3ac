package sixpack.client;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/** The rules that arguments must keep before anything is sent. Breaking one is a mistake in the program. */
final class Names {
  private static final Pattern API_KEY = Pattern.compile("[!-~]+");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,254}");
  private static final int EXPERIMENT_LENGTH_MAX = 255;
  private static final int ALTERNATIVES_MAX = 100;
  private static final double VALUE_MAX = 1e12;

  private Names() {}

  /** The server's rule: any text it can keep unchanged, but for the two that browsers take for a step in a path. */
  static void checkExperiment(String name) {
    boolean fits =
        name != null
            && !name.isEmpty()
            && name.codePointCount(0, name.length()) <= EXPERIMENT_LENGTH_MAX
            && Text.isUnicode(name)
            && name.chars().noneMatch(Character::isISOControl)
            && !name.equals(".")
            && !name.equals("..");
    expect(fits, "an experiment of 1 to 255 characters without control characters, not . or ..", name);
  }

  static void checkName(String what, String name) {
    expect(
        name != null && NAME.matcher(name).matches(), what + " of 1 to 255 letters, digits, - or _", name);
  }

  static void checkAlternatives(List<String> names) {
    boolean fits = names != null && names.size() >= 2 && names.size() <= ALTERNATIVES_MAX;
    expect(fits, "2 to " + ALTERNATIVES_MAX + " alternatives", names);
    names.forEach(name -> checkName("an alternative", name));
    expect(new HashSet<>(names).size() == names.size(), "different alternatives", names);
  }

  static void checkTrafficFraction(Double fraction) {
    expect(fraction == null || (fraction > 0 && fraction <= 1), "a traffic fraction in (0, 1]", fraction);
  }

  static void checkWeights(List<Double> weights, int alternatives) {
    boolean fits = weights == null || weights.size() == alternatives;
    for (double weight : weights == null ? List.<Double>of() : weights) fits &= weight >= 0 && Double.isFinite(weight);
    expect(fits, "a weight per alternative, none negative", weights);
  }

  static void checkNumber(String what, Number value) {
    expect(value == null || Math.abs(value.doubleValue()) <= VALUE_MAX, what + " from -1e12 to 1e12", value);
  }

  static void checkApiKey(String key) {
    // It is not repeated: messages go to logs.
    expect(key == null || API_KEY.matcher(key).matches(), "an API key of letters, digits and signs", "another text");
  }

  /** A number that was checked, in decimal: {@code 19.99}, {@code 0}, {@code -3}. */
  static BigDecimal decimal(Number number) {
    // Only the text of a float says 0.1. Everything else goes by way of double, which bounds the digits.
    double value = number instanceof Float ? Double.parseDouble(number.toString()) : number.doubleValue();
    return BigDecimal.valueOf(value).stripTrailingZeros();
  }

  static void expect(boolean holds, String expected, Object got) {
    if (holds) return;
    throw new IllegalArgumentException(
        "Expected " + expected + ", got " + (got instanceof String ? '"' + got.toString() + '"' : got));
  }
}
