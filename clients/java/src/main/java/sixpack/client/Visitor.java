package sixpack.client;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The client of a session, and what it asks: arguments are checked here, and forced alternatives known. */
final class Visitor {
  private static final String FORCE = "sixpack-force-";

  final String clientId;
  private final Map<String, Object> arguments = new LinkedHashMap<>();
  /** Those of participations alone. */
  private final Map<String, Object> segments = new LinkedHashMap<>();
  private final Map<String, String> forced;
  /** Experiments whose alternative was forced, and not recorded. */
  private final Set<String> shownByForce = ConcurrentHashMap.newKeySet();

  Visitor(String clientId, SessionBuilder settings) {
    ClientId.check(clientId);
    this.clientId = clientId;
    forced = Query.read(Text.scrubbed(settings.query));
    arguments.put("client_id", clientId);
    putKnown(arguments, "ip_address", Text.ornament(settings.ipAddress));
    putKnown(arguments, "user_agent", Text.ornament(settings.userAgent));
    settings.segments.forEach((name, value) -> putKnown(segments, "segment." + name, Text.ornament(value)));
  }

  Question question(String experiment, List<String> alternatives, Options options) {
    Names.checkExperiment(experiment);
    Names.checkAlternatives(alternatives);
    Names.checkTrafficFraction(options.trafficFraction());
    Names.checkWeights(options.weights(), alternatives.size());
    Names.checkNumber("a covariate", options.covariate());
    String wished = options.force() != null ? options.force() : forced.get(FORCE + experiment);
    String shown = wished != null && alternatives.contains(wished) ? wished : null;
    boolean asks = shown == null || options.recordForce();
    if (asks) shownByForce.remove(experiment);
    else shownByForce.add(experiment);
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("experiment", experiment);
    asked.put("alternatives", List.copyOf(alternatives));
    asked.putAll(arguments);
    asked.putAll(segments);
    if (options.trafficFraction() != null) asked.put("traffic_fraction", Names.decimal(options.trafficFraction()));
    if (options.weights() != null) asked.put("weights", options.weights().stream().map(Names::decimal).toList());
    if (options.covariate() != null) asked.put("covariate", Names.decimal(options.covariate()));
    if (options.prefetch()) asked.put("prefetch", true);
    if (shown != null) {
      asked.put("force", shown);
      asked.put("record_force", true);
    }
    return new Question(new Call("participate", asked), List.copyOf(alternatives), shown, asks);
  }

  /** What a conversion sends; {@code null} where the alternative was forced. */
  Call conversion(String experiment, String kpi, Number value) {
    if (experiment != null) Names.checkExperiment(experiment);
    if (kpi != null) Names.checkName("a KPI", kpi);
    Names.checkNumber("a value", value);
    if (experiment != null && shownByForce.contains(experiment)) return null;
    Map<String, Object> sent = new LinkedHashMap<>();
    putKnown(sent, "experiment", experiment);
    sent.putAll(arguments);
    sent.put("id", UUID.randomUUID().toString());
    putKnown(sent, "kpi", kpi);
    putKnown(sent, "value", value == null ? null : Names.decimal(value));
    return new Call("convert", sent);
  }

  Call linking(String previousId, String experiment) {
    ClientId.check(previousId);
    if (experiment != null) Names.checkExperiment(experiment);
    Map<String, Object> sent = new LinkedHashMap<>();
    sent.put("client_id", clientId);
    sent.put("previous_id", previousId);
    putKnown(sent, "experiment", experiment);
    return new Call("link", sent);
  }

  private static void putKnown(Map<String, Object> arguments, String name, Object value) {
    if (value != null) arguments.put(name, value);
  }
}
