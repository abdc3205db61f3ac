package sixpack.client;

import java.util.Arrays;
import java.util.List;

/**
 * What {@link Session#participate} may be told besides: {@code Options.NONE.withTrafficFraction(0.5)}.
 *
 * @param trafficFraction share of clients that take part, in (0, 1]; {@code null} leaves the stored one alone
 * @param weights one per alternative, none negative; they count when the experiment is made; {@code null} for equal ones
 * @param covariate a number about the client from before the test, such as its orders of the last 90 days, from -1e12 to
 *     1e12; the server keeps that of the first participation; {@code null} where nothing is known
 * @param prefetch whether to ask without taking part
 * @param force the alternative to return, without a request unless it is recorded; ignored when it isn't one
 * @param recordForce whether the server is told of the forced alternative
 */
public record Options(
    Double trafficFraction,
    List<Double> weights,
    Number covariate,
    boolean prefetch,
    String force,
    boolean recordForce) {
  /** Nothing is told. */
  public static final Options NONE = new Options(null, null, null, false, null, false);

  /**
   * Takes all of them at once; {@code NONE.with…} is easier. They are checked by the call, which knows the alternatives.
   *
   * @param trafficFraction share of clients that take part, in (0, 1], or {@code null}
   * @param weights one per alternative, or {@code null}
   * @param covariate from -1e12 to 1e12, or {@code null}
   * @param prefetch whether to ask without taking part
   * @param force the alternative to return, or {@code null}
   * @param recordForce whether the server is told of it
   */
  public Options {
    weights = weights == null ? null : List.copyOf(weights);
  }

  /**
   * The same with this share of clients that take part.
   *
   * @param fraction in (0, 1]
   * @return new options
   */
  public Options withTrafficFraction(double fraction) {
    return new Options(fraction, weights, covariate, prefetch, force, recordForce);
  }

  /**
   * The same with a weight per alternative.
   *
   * @param weights none negative
   * @return new options
   */
  public Options withWeights(double... weights) {
    return new Options(trafficFraction, Arrays.stream(weights).boxed().toList(), covariate, prefetch, force, recordForce);
  }

  /**
   * The same with what was known of the client before the test, such as its orders of the last 90 days.
   *
   * @param number from -1e12 to 1e12; {@code null} where nothing is known
   * @return new options
   */
  public Options withCovariate(Number number) {
    return new Options(trafficFraction, weights, number, prefetch, force, recordForce);
  }

  /**
   * The same, asking without taking part.
   *
   * @return new options
   */
  public Options withPrefetch() {
    return new Options(trafficFraction, weights, covariate, true, force, recordForce);
  }

  /**
   * The same with an alternative to return without a request.
   *
   * @param alternative ignored when it isn't one
   * @return new options
   */
  public Options withForce(String alternative) {
    return new Options(trafficFraction, weights, covariate, prefetch, alternative, false);
  }

  /**
   * The same with an alternative to return, of which the server is told.
   *
   * @param alternative ignored when it isn't one
   * @return new options
   */
  public Options withRecordedForce(String alternative) {
    return new Options(trafficFraction, weights, covariate, prefetch, alternative, true);
  }
}
