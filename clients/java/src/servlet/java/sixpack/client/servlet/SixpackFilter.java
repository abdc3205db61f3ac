package sixpack.client.servlet;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.function.BiConsumer;
import sixpack.client.Session;
import sixpack.client.SessionBuilder;

/**
 * For every application of servlets (Tomcat, Jetty, Spring): the session of a request is its attribute {@code sixpack}, see
 * {@link #sessionOf}. Sets the cookie of a new client when its session is used before the response has begun.
 */
public final class SixpackFilter implements Filter {
  /** Of a request, under which its session is found. */
  public static final String ATTRIBUTE = "sixpack";

  private static final System.Logger LOG = System.getLogger("sixpack.client");

  private final BiConsumer<? super HttpServletRequest, ? super SessionBuilder> perRequest;
  private String baseUrl;

  /** For {@code web.xml}, where the server is the {@code init-param} named {@code url}. */
  public SixpackFilter() {
    perRequest = (request, session) -> {};
  }

  /**
   * For programs that register filters themselves.
   *
   * @param baseUrl of the server, with its mount path if it has one
   * @param perRequest makes settings that depend on the request: who is logged in, what was consented to, the real address
   */
  public SixpackFilter(String baseUrl, BiConsumer<? super HttpServletRequest, ? super SessionBuilder> perRequest) {
    Session.at(baseUrl).build(); // A mistake in the URL shows at the start.
    this.baseUrl = baseUrl;
    this.perRequest = perRequest;
  }

  /**
   * The session of a request that came through the filter.
   *
   * @param request at hand
   * @return its session; {@code null} where the filter is not in front of it
   */
  public static Session sessionOf(ServletRequest request) {
    return (Session) request.getAttribute(ATTRIBUTE);
  }

  @Override
  public void init(FilterConfig config) throws ServletException {
    if (baseUrl != null) return;
    try {
      baseUrl = config.getInitParameter("url");
      Session.at(baseUrl).build();
    } catch (IllegalArgumentException wrong) {
      throw new ServletException("init-param url: " + wrong.getMessage(), wrong);
    }
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request instanceof HttpServletRequest asked && response instanceof HttpServletResponse answer) {
      request.setAttribute(ATTRIBUTE, session(asked, answer));
    }
    chain.doFilter(request, response);
  }

  private Session session(HttpServletRequest request, HttpServletResponse response) {
    SessionBuilder settings = settings(request);
    settings.onFirstUse(session -> session.cookieToSet().ifPresent(cookie -> response.addHeader("Set-Cookie", cookie)));
    try {
      perRequest.accept(request, settings);
      return settings.build();
    } catch (IllegalArgumentException wrong) {
      // They cost neither the page, nor a consent: no cookie is set.
      String told = "the settings of a request are not valid, so it has none of its own: {0}";
      LOG.log(System.Logger.Level.WARNING, told, wrong.getMessage());
      return settings(request).build();
    }
  }

  private SessionBuilder settings(HttpServletRequest request) {
    return Session.at(baseUrl)
        .cookie(String.join("; ", Collections.list(request.getHeaders("Cookie"))))
        .query(request.getQueryString())
        .ipAddress(request.getRemoteAddr())
        .userAgent(request.getHeader("User-Agent"));
  }
}
