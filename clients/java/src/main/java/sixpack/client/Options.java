package sixpack.client;

import java.util.Arrays;
import java.util.List;

/**
 * What {@link Session#participate} may be told besides: {@code Options.NONE.withTrafficFraction(0.5)}.
 *
 * @param trafficFraction share of clients that take part, in (0, 1]; {@code null} leaves the stored one alone
 * @param weights one per alternative, none negative; they count when the experiment is made; {@code null} for equal ones
 * @param prefetch whether to ask without taking part
 * @param force the alternative to return, without a request unless it is recorded; ignored when it isn't one
 * @param recordForce whether the server is told of the forced alternative
 */
public record Options(
    Double trafficFraction, List<Double> weights, boolean prefetch, String force, boolean recordForce) {
  /** Nothing is told. */
  public static final Options NONE = new Options(null, null, false, null, false);

  /**
   * Takes all of them at once; {@code NONE.with…} is easier. They are checked by the call, which knows the alternatives.
   *
   * @param trafficFraction share of clients that take part, in (0, 1], or {@code null}
   * @param weights one per alternative, or {@code null}
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
    return new Options(fraction, weights, prefetch, force, recordForce);
  }

  /**
   * The same with a weight per alternative.
   *
   * @param weights none negative
   * @return new options
   */
  public Options withWeights(double... weights) {
    return new Options(trafficFraction, Arrays.stream(weights).boxed().toList(), prefetch, force, recordForce);
  }

  /**
   * The same, asking without taking part.
   *
   * @return new options
   */
  public Options withPrefetch() {
    return new Options(trafficFraction, weights, true, force, recordForce);
  }

  /**
   * The same with an alternative to return without a request.
   *
   * @param alternative ignored when it isn't one
   * @return new options
   */
  public Options withForce(String alternative) {
    return new Options(trafficFraction, weights, prefetch, alternative, false);
  }

  /**
   * The same with an alternative to return, of which the server is told.
   *
   * @param alternative ignored when it isn't one
   * @return new options
   */
  public Options withRecordedForce(String alternative) {
    return new Options(trafficFraction, weights, prefetch, alternative, true);
  }
}
