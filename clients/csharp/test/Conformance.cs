using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Fields = System.Collections.Generic.Dictionary<string, object>;

namespace SixpackAb.Tests
{
    /// <summary>Replays conformance/clients.json; conformance/README.md says how.</summary>
    internal sealed class Conformance
    {
        /// <summary>A port on which nothing listens.</summary>
        private const string Nobody = "http://127.0.0.1:9";
        private const int PatientMs = 60000;

        private readonly TestServer misbehaving;
        private readonly TestServer real;

        public Conformance(TestServer misbehaving, TestServer real)
        {
            this.misbehaving = misbehaving;
            this.real = real;
        }

        /// <summary>Each test is a case; they are replayed at the same time, for most of them wait.</summary>
        public async Task<IEnumerable<Test>> Tests()
        {
            string file = File.ReadAllText(Path.Combine(TestServer.Root, "conformance/clients.json"));
            var read = (Fields)Json.Read(file);
            List<Fields> cases = ((List<object>)read["cases"]).Cast<Fields>().ToList();
            var replays = new Dictionary<Fields, Task>();
            // What shall end by its time-out must have begun by then, which a cold machine is too slow for.
            foreach (bool patient in new[] { true, false })
            {
                foreach (Fields item in cases.Where(item => IsPatient(item) == patient))
                {
                    replays[item] = Replay(item, "csharp-" + cases.IndexOf(item));
                    Deadline.Ignore(replays[item]);
                }
                await Task.WhenAny(Task.WhenAll(replays.Values));
            }
            return cases.Select(item => new Test((string)item["name"], () => replays[item]))
                .Concat(BaseUrls((Fields)read["base_urls"]));
        }

        private static IEnumerable<Test> BaseUrls(Fields urls)
        {
            yield return new Test("takes base URLs", () =>
            {
                foreach (string url in Texts(urls["taken"])) new Session(url);
                return Task.CompletedTask;
            });
            yield return new Test("refuses what is no base URL, and shows no password", () =>
            {
                foreach (string url in Texts(urls["refused"]))
                {
                    string message = Expect.BadArgument(() => new Session(url));
                    Expect.Holds(!message.Contains("secret"), "no password, got " + message);
                }
                return Task.CompletedTask;
            });
        }

        private static bool IsPatient(Fields item)
        {
            object timeout;
            return ((Fields)item["session"]).TryGetValue("timeout_ms", out timeout) && Int(timeout) >= PatientMs;
        }

        private async Task Replay(Fields item, string token)
        {
            var failures = new ConcurrentQueue<Failure>();
            string server = (string)item["server"];
            string url = server == "real" ? real.Url
                : server == "nobody" ? Nobody
                : misbehaving.Url + "/" + server + "/" + token;
            Session session = SessionOf(url, (Fields)item["session"], failures);
            int conversions = 0;
            foreach (Fields step in (List<object>)item["steps"])
            {
                while (failures.TryDequeue(out _))
                {
                }
                if ((string)step["call"] == "wait") await Task.Delay(Int(step["ms"]));
                else if (((Fields)step["expect"]).ContainsKey("throws")) Expect.BadArgument(() => Call(session, step).GetAwaiter().GetResult());
                else await Check(session, step, failures);
                if ((string)step["call"] == "convert" && !((Fields)step["expect"]).ContainsKey("throws")) conversions++;
            }
            if (item.ContainsKey("requests")) CheckRequests(item, misbehaving.Seen(token), conversions);
            if (!item.ContainsKey("details")) return;
            var wanted = (Fields)item["details"];
            Fields got = real.Details((string)wanted["experiment"]);
            foreach (var field in wanted.Where(field => field.Key != "experiment")) Expect.Same(field.Value, got[field.Key]);
        }

        private static Session SessionOf(string url, Fields settings, ConcurrentQueue<Failure> failures)
        {
            var options = new SessionOptions { OnFailure = failures.Enqueue };
            foreach (var setting in settings)
            {
                switch (setting.Key)
                {
                    case "client_id": options.ClientId = (string)setting.Value; break;
                    case "cookie": options.Cookie = (string)setting.Value; break;
                    case "query": options.Query = (string)setting.Value; break;
                    case "ip_address": options.IPAddress = (string)setting.Value; break;
                    case "user_agent": options.UserAgent = (string)setting.Value; break;
                    case "api_key": options.ApiKey = (string)setting.Value; break;
                    case "segments":
                        options.Segments = ((Fields)setting.Value).ToDictionary(one => one.Key, one => (string)one.Value);
                        break;
                    case "retries": options.Retries = Int(setting.Value); break;
                    case "timeout_ms": options.Timeout = TimeSpan.FromMilliseconds(Int(setting.Value)); break;
                    default: throw new Exception("Expected a setting that is known, got " + setting.Key);
                }
            }
            return new Session(url, options);
        }

        private static async Task<object> Call(Session session, Fields step)
        {
            string experiment = (string)Optional(step, "experiment");
            switch ((string)step["call"])
            {
                case "convert":
                    object value = Optional(step, "value");
                    decimal? number = value == null ? (decimal?)null : Decimal(value);
                    return await session.ConvertAsync(experiment, (string)Optional(step, "kpi"), number);
                case "link":
                    return await session.LinkAsync((string)step["previous_id"], experiment);
                case "participate":
                    return await session.ParticipateAsync(experiment, Texts(step["alternatives"]), OptionsOf(step));
                default:
                    return (await session.ParticipateAllAsync(
                        ((Fields)step["experiments"]).ToDictionary(one => one.Key, one => Texts(one.Value)), OptionsOf(step)))
                        .ToDictionary(one => one.Key, one => (object)one.Value);
            }
        }

        private static ParticipateOptions OptionsOf(Fields step)
        {
            var options = new ParticipateOptions();
            foreach (var option in (Fields)(Optional(step, "options") ?? new Fields()))
            {
                switch (option.Key)
                {
                    case "traffic_fraction": options.TrafficFraction = Double(option.Value); break;
                    case "weights": options.Weights = ((List<object>)option.Value).Select(Double).ToArray(); break;
                    case "covariate": options.Covariate = Decimal(option.Value); break;
                    case "prefetch": options.Prefetch = (bool)option.Value; break;
                    case "force": options.Force = (string)option.Value; break;
                    case "record_force": options.RecordForce = (bool)option.Value; break;
                    default: throw new Exception("Expected an option that is known, got " + option.Key);
                }
            }
            return options;
        }

        private static async Task Check(Session session, Fields step, ConcurrentQueue<Failure> failures)
        {
            var expected = (Fields)step["expect"];
            Stopwatch watch = Stopwatch.StartNew();
            object returned = await Call(session, step);
            long elapsedMs = watch.ElapsedMilliseconds;
            if (expected.ContainsKey("returns")) Expect.Same(expected["returns"], returned);
            if (expected.ContainsKey("failures")) Expect.Same(expected["failures"], failures.Select(one => CodeOf(one)));
            string call = step.ContainsKey("experiments") ? "participate" : (string)step["call"];
            ICollection<string> experiments = step.ContainsKey("experiments")
                ? ((Fields)step["experiments"]).Keys
                : (ICollection<string>)new[] { (string)Optional(step, "experiment") };
            foreach (Failure failure in failures)
            {
                Expect.Same(call, failure.Call);
                Expect.Holds(experiments.Contains(failure.Experiment), "a failure of what was called, got " + failure);
            }
            object leastMs = Optional(expected, "after_ms");
            Expect.Holds(leastMs == null || elapsedMs >= Int(leastMs), leastMs + " ms, got " + elapsedMs);
        }

        /// <summary>As every language writes it: server-error.</summary>
        public static string CodeOf(Failure failure)
        {
            return Regex.Replace(failure.Code.ToString(), "(?<=.)[A-Z]", "-$0").ToLowerInvariant();
        }

        private static void CheckRequests(Fields item, List<object> seen, int conversions)
        {
            List<Fields> got = seen.Cast<Fields>().ToList();
            List<Fields> wanted = ((List<object>)item["requests"]).Cast<Fields>().ToList();
            if (item.ContainsKey("any_order"))
            {
                got = got.OrderBy(Asked, StringComparer.Ordinal).ToList();
                wanted = wanted.OrderBy(Asked, StringComparer.Ordinal).ToList();
            }
            Expect.Same(new Number(wanted.Count.ToString()), new Number(got.Count.ToString()));
            var ids = new HashSet<string>();
            for (int i = 0; i < got.Count; i++)
            {
                foreach (string name in new[] { "method", "path", "body", "authorization" })
                {
                    Expect.Same(Optional(wanted[i], name), Optional(got[i], name));
                }
                var arguments = (Fields)got[i]["arguments"];
                CheckArguments((Fields)wanted[i]["arguments"], arguments);
                if (arguments.ContainsKey("id")) ids.Add(Texts(arguments["id"]).Single());
            }
            Expect.Holds(ids.Count == conversions, conversions + " different ids, got " + ids.Count);
        }

        private static void CheckArguments(Fields wanted, Fields got)
        {
            Expect.Same(wanted.Keys.OrderBy(name => name), got.Keys.OrderBy(name => name));
            foreach (var argument in wanted)
            {
                var rule = argument.Value as Fields;
                if (rule == null)
                {
                    Expect.Same(argument.Value as List<object> ?? new List<object> { argument.Value }, got[argument.Key]);
                    continue;
                }
                string value = Texts(got[argument.Key]).Single();
                Expect.Holds(Regex.IsMatch(value, (string)rule["matches"]), rule["matches"] + ", got " + value);
            }
        }

        private static string Asked(Fields request)
        {
            object experiment = Optional((Fields)request["arguments"], "experiment");
            return request["path"] + " " + ((experiment as List<object>)?[0] ?? experiment);
        }

        private static object Optional(Fields fields, string name)
        {
            object value;
            return fields.TryGetValue(name, out value) ? value : null;
        }

        private static string[] Texts(object values)
        {
            return ((List<object>)values).Cast<string>().ToArray();
        }

        private static int Int(object number)
        {
            return int.Parse(number.ToString(), CultureInfo.InvariantCulture);
        }

        private static decimal Decimal(object number)
        {
            return decimal.Parse(number.ToString(), CultureInfo.InvariantCulture);
        }

        private static double Double(object number)
        {
            return double.Parse(number.ToString(), CultureInfo.InvariantCulture);
        }
    }
}
