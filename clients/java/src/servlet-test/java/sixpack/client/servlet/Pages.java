package sixpack.client.servlet;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/**
 * Pages of Tomcat behind the filter, until stdin closes: {@code /} takes part, {@code /late} when it has begun to write,
 * {@code /other} not at all. Prints its address on one line. {@code ?login=ID} is who is logged in.
 */
final class Pages {
  private Pages() {}

  public static void main(String[] arguments) throws Exception {
    var tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createTempDirectory("sixpack-tomcat").toString());
    tomcat.setPort(0);
    Context context = tomcat.addContext("", null);
    Tomcat.addServlet(context, "pages", new Servlet()).addMapping("/*");
    var filter = new FilterDef();
    filter.setFilterName("sixpack");
    filter.setFilter(
        new SixpackFilter(
            arguments[0],
            (request, session) -> {
              session.timeout(Duration.ofMinutes(1));
              if (request.getParameter("login") != null) session.clientId(request.getParameter("login"));
            }));
    context.addFilterDef(filter);
    var everywhere = new FilterMap();
    everywhere.setFilterName("sixpack");
    everywhere.addURLPattern("/*");
    context.addFilterMap(everywhere);
    tomcat.start();
    System.out.println("http://127.0.0.1:" + tomcat.getConnector().getLocalPort());
    while (System.in.read() >= 0) continue;
    System.exit(0);
  }

  static final class Servlet extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
      if (request.getPathInfo().equals("/late")) response.getWriter().print("page: ");
      if (!request.getPathInfo().equals("/other")) {
        response.getWriter().print(SixpackFilter.sessionOf(request).participate("button", List.of("red", "blue")));
      }
    }
  }
}
