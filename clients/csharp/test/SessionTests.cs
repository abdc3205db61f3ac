using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace SixpackAb.Tests
{
    /// <summary>What the shared cases can't say: the parts that are C#'s own.</summary>
    internal sealed class SessionTests
    {
        private static readonly string[] Colors = { "red", "blue" };
        private static readonly string[] Seven = { "a", "b", "c", "d", "e", "f", "g" };
        private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

        private readonly TestServer misbehaving;
        private readonly TestServer real;

        public SessionTests(TestServer misbehaving, TestServer real)
        {
            this.misbehaving = misbehaving;
            this.real = real;
        }

        public IEnumerable<Test> Tests()
        {
            yield return new Test("offers a cookie that gives the next session the same client", Cookie);
            yield return new Test("keeps no cookie without consent, and spans hosts where told to", Storages);
            yield return new Test("returns the control when the hook throws, and lives on when it throws later", Hook);
            yield return new Test("writes failures to the error output unless given a hook", ErrorOutput);
            yield return new Test("throws for settings that are none", Settings);
            yield return new Test("sends agents that are no text", Ornaments);
            yield return new Test("asks for more experiments than a batch takes", ManyExperiments);
            yield return new Test("sends numbers of every size in decimal, whatever the culture", Numbers);
            yield return new Test("may be blocked upon where nothing can await", Blocking);
            yield return new Test("reads no JSON that is none", ReadsJson);
            yield return new Test("answers a thousand clients at once, each with its own alternative", Crowd);
        }

        private Task Cookie()
        {
            var session = new Session(real.Url);
            Expect.Same(null, session.CookieToSet);
            const string uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
            Expect.Holds(Regex.IsMatch(session.ClientId, uuid), "a UUID, got " + session.ClientId);
            string cookie = "sixpack_client_id=" + session.ClientId + "; Path=/; Max-Age=34560000; SameSite=Lax";
            Expect.Same(cookie, session.CookieToSet);
            var next = new Session(real.Url, new SessionOptions { Cookie = "a=b; " + cookie.Split(';')[0] });
            Expect.Same(session.ClientId, next.ClientId);
            Expect.Same(null, next.CookieToSet);
            string encoded = new Session(real.Url, new SessionOptions { ClientId = "zoë ;" }).SetCookie;
            Expect.Holds(encoded.StartsWith("sixpack_client_id=zo%C3%AB%20%3B; "), "the id encoded, got " + encoded);
            return Task.CompletedTask;
        }

        private Task Storages()
        {
            const string cookie = "sixpack_client_id=shop-42";
            var none = new Session(real.Url, new SessionOptions { Cookie = cookie, Storage = Storage.None });
            Expect.Holds(none.ClientId != "shop-42", "a client of its own");
            Expect.Same(null, none.CookieToSet);
            var shop = new Session(real.Url, new SessionOptions { CookieDomain = "example.com" });
            Expect.Holds(shop.ClientId != "" && shop.CookieToSet.EndsWith("; Domain=example.com"), "the domain in the cookie");
            var given = new Session(real.Url, new SessionOptions { ClientId = "user-1", Cookie = cookie });
            Expect.Same("user-1", given.ClientId);
            Expect.Same(null, given.CookieToSet);
            var kept = new Session(
                real.Url, new SessionOptions { ClientId = "user-1", Cookie = cookie, Storage = Storage.Cookie });
            Expect.Holds((kept.ClientId + kept.CookieToSet).Contains("=user-1;"), "the id that was given in the cookie");
            return Task.CompletedTask;
        }

        private async Task Hook()
        {
            var options = new SessionOptions { Timeout = Minute, OnFailure = failure => { throw new Exception("its own trouble"); } };
            var session = new Session(misbehaving.Url + "/error-500/csharp-hook", options);
            Expect.Same("red", await session.ParticipateAsync("button", Colors));
            var ended = new TaskCompletionSource<bool>();
            options.OnFailure = async failure =>
            {
                await Task.Yield();
                ended.SetResult(true);
                throw new Exception("its own trouble, later");
            };
            var later = new Session(misbehaving.Url + "/error-500/csharp-late-hook", options);
            Expect.Same("red", await later.ParticipateAsync("button", Colors));
            // An exception that nobody catches would end this program.
            await ended.Task;
            await Task.Delay(50);
        }

        private async Task ErrorOutput()
        {
            TextWriter before = Console.Error;
            var output = new StringWriter();
            Console.SetError(TextWriter.Synchronized(output));
            var options = new SessionOptions { Timeout = Minute };
            for (int times = 0; times < 3; times++)
            {
                await new Session(misbehaving.Url + "/error-500/csharp-said", options).ParticipateAsync("button", Colors);
            }
            await new Session(misbehaving.Url + "/nowhere/csharp-said/", options).ConvertAsync(null);
            Console.SetError(before);
            string[] lines = output.ToString().Split('\n').Where(line => line.Contains("/csharp-said")).ToArray();
            Expect.Same(2, lines.Length);
            string server = misbehaving.Url + "/error-500/csharp-said: ServerError, internal error";
            Expect.Same("sixpack: participate of button at " + server, lines[0]);
            string began = "sixpack: convert of every experiment at " + misbehaving.Url + "/nowhere/csharp-said: Rejected, ";
            Expect.Holds(lines[1].StartsWith(began), "where, got " + lines[1]);
            Expect.Holds(lines[1].EndsWith(". Does Sixpack's API answer there?"), "advice, got " + lines[1]);
        }

        private Task Settings()
        {
            foreach (string url in new[] { null, " http://example.com" })
            {
                Expect.BadArgument(() => new Session(url));
            }
            foreach (string id in new[] { "", "a\0b", "\ud83d", new string('x', 1025) })
            {
                Expect.BadArgument(() => new Session(real.Url, new SessionOptions { ClientId = id }));
            }
            Expect.BadArgument(() => new Session(real.Url, new SessionOptions { Retries = -1 }));
            Expect.BadArgument(() => new Session(real.Url, new SessionOptions { Timeout = TimeSpan.Zero }));
            Expect.BadArgument(() => new Session(real.Url, new SessionOptions { CookieDomain = "a;b" }));
            foreach (string key in new[] { "", "two words", "a\r\nX-Admin: 1", "schlüssel" })
            {
                Expect.BadArgument(() => new Session(real.Url, new SessionOptions { ApiKey = key }));
            }
            var segments = new Dictionary<string, string> { { "two words", "a" } };
            Expect.BadArgument(() => new Session(real.Url, new SessionOptions { Segments = segments }));
            var session = new Session(real.Url);
            Expect.BadArgument(() => session.ParticipateAsync("a\ud83db", Colors));
            Expect.BadArgument(() => session.ParticipateAsync(null, Colors));
            Expect.BadArgument(() => session.ParticipateAsync("button", null));
            Expect.BadArgument(() => session.ParticipateAsync("button", new string[] { null, "blue" }));
            Expect.BadArgument(() => session.ParticipateAsync(
                "button", Colors, new ParticipateOptions { TrafficFraction = double.NaN }));
            return Task.CompletedTask;
        }

        private async Task Ornaments()
        {
            string faces = string.Concat(Enumerable.Repeat("😀", 300));
            var session = new Session(misbehaving.Url + "/fine/csharp-agent", new SessionOptions
            {
                Timeout = Minute, IPAddress = "\udc00::1", UserAgent = "caf\ud800 \0é" + faces,
            });
            Expect.Same("blue", await session.ParticipateAsync("button", Colors));
            Dictionary<string, object> arguments = Sent("csharp-agent", 0);
            Expect.Same(new[] { "\ufffd::1" }, arguments["ip_address"]);
            Expect.Same(new[] { "caf\ufffd é" + faces.Substring(0, 506) }, arguments["user_agent"]);
        }

        private async Task ManyExperiments()
        {
            var failures = new ConcurrentQueue<Failure>();
            var session = new Session(real.Url, new SessionOptions
            {
                Timeout = Minute, UserAgent = string.Concat(Enumerable.Repeat("Mozilla ", 60)), OnFailure = failures.Enqueue,
            });
            Dictionary<string, string[]> experiments = Enumerable.Range(0, 250).ToDictionary(i => "many-" + i, i => Colors);
            Expect.Same(experiments.Keys, (await session.ParticipateAllAsync(experiments)).Keys);
            Expect.Same(new object[0], failures.Select(failure => failure.ToString()));
            Expect.Same(new Number("1"), real.Details("many-249")["total_participants"]);
        }

        private async Task Numbers()
        {
            CultureInfo culture = Thread.CurrentThread.CurrentCulture;
            Thread.CurrentThread.CurrentCulture = new CultureInfo("de-DE");
            var session = new Session(misbehaving.Url + "/fine/csharp-numbers", new SessionOptions { Timeout = Minute });
            Task<bool>[] sent = new[] { 0.1m, 1e12m, -3m, 0.0000001m }
                .Select(value => session.ConvertAsync("button", null, value)).ToArray();
            Thread.CurrentThread.CurrentCulture = culture;
            Expect.Holds((await Task.WhenAll(sent)).All(converted => converted), "four conversions");
            IEnumerable<object> values = Enumerable.Range(0, 4).Select(i => Sent("csharp-numbers", i)["value"]);
            Expect.Same(
                new[] { "-3", "0.0000001", "0.1", "1000000000000" },
                values.Select(value => ((List<object>)value).Single()).OrderBy(value => (string)value, StringComparer.Ordinal));
            double[] weights = { 0.1, 1d / 3, 2.5e-7, 1.5e21, 0, 123456789 };
            string[] texts = { "0.1", "0.3333333333333333", "0.00000025", "1500000000000000000000", "0", "123456789" };
            Expect.Same(texts, weights.Select(weight => Number.Of(weight).ToString()));
        }

        /// <summary>Where continuations go back to one thread, which waits: the usual dead end of web pages and windows.</summary>
        private Task Blocking()
        {
            var session = new Session(misbehaving.Url + "/fine/csharp-block", new SessionOptions { Timeout = Minute });
            SynchronizationContext before = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(new OneThread());
            try
            {
                Expect.Same("blue", session.ParticipateAsync("button", Colors).Result);
                Expect.Same(true, session.ConvertAsync("button").Result);
                var both = new Dictionary<string, string[]> { { "button", Colors }, { "headline", Colors } };
                Expect.Same("blue", session.ParticipateAllAsync(both).Result["headline"]);
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(before);
            }
            return Task.CompletedTask;
        }

        private Task ReadsJson()
        {
            foreach (string text in new[]
            {
                "", "{", "{\"a\":1", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "'a'", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\u +12\"",
                "nul", "1 2", new string('[', 10000),
            })
            {
                try
                {
                    Json.Read(text);
                }
                catch (FormatException)
                {
                    continue;
                }
                throw new Exception("Expected no JSON, got " + text);
            }
            const string whole = "{\"a\":[1,-2.5,true,false,null,\"\\\"\\\\\\u0001\u00e9\"],\"b\":{},\"c\":[]}";
            Expect.Holds(Json.Write(Json.Read(whole)) == whole, whole);
            Expect.Same("😀\n", Json.Read(" \"\\ud83d\\uDE00\\n\" "));
            return Task.CompletedTask;
        }

        /// <summary>Each client takes part twice and converts; an answer that was another's is wrong in six of seven.</summary>
        private async Task Crowd()
        {
            var failures = new ConcurrentQueue<Failure>();
            var turns = new SemaphoreSlim(50);
            IEnumerable<Task<int>> clients = Enumerable.Range(0, 1000).Select(async number =>
            {
                await turns.WaitAsync();
                string id = "crowd-" + number;
                var session = new Session(
                    real.Url, new SessionOptions { ClientId = id, Timeout = Minute, OnFailure = failures.Enqueue });
                int wrong = await session.ParticipateAsync("crowd", Seven) == Expected(id) ? 0 : 1;
                wrong += await session.ParticipateAsync("crowd", Seven) == Expected(id) ? 0 : 1;
                wrong += await session.ConvertAsync("crowd") ? 0 : 1;
                turns.Release();
                return wrong;
            });
            Expect.Holds((await Task.WhenAll(clients)).Sum() == 0, "no answer of another client");
            Expect.Same(new object[0], failures.Select(failure => failure.ToString()));
            Expect.Same(new Number("1000"), real.Details("crowd")["total_participants"]);
            Expect.Same(new Number("1000"), real.Details("crowd")["total_conversions"]);
        }

        /// <summary>By docs/client-spec.md, part 9.</summary>
        private static string Expected(string id)
        {
            using (SHA1 sha1 = SHA1.Create())
            {
                byte[] hash = sha1.ComputeHash(Encoding.UTF8.GetBytes("crowd." + id));
                int seven = hash[0] << 20 | hash[1] << 12 | hash[2] << 4 | hash[3] >> 4;
                return Seven[seven % Seven.Length];
            }
        }

        private Dictionary<string, object> Sent(string token, int index)
        {
            return (Dictionary<string, object>)((Dictionary<string, object>)misbehaving.Seen(token)[index])["arguments"];
        }

        /// <summary>Runs nothing while its thread waits.</summary>
        private sealed class OneThread : SynchronizationContext
        {
            public override void Post(SendOrPostCallback callback, object state)
            {
            }
        }
    }
}
