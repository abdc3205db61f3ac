using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;

namespace SixpackAb.Tests
{
    /// <summary>Pages that are visited in a process of their own, because of what is around it. Each prints JSON.</summary>
    internal static class Visits
    {
        private static readonly string[] Colors = { "red", "blue" };

        /// <summary>
        /// A page of five experiments where the network is silent (clients/test/support/silent-network.py): for each name, what
        /// was shown, the codes of failures, and the milliseconds that the page took.
        /// </summary>
        public static async Task<int> Silence(string port)
        {
            var found = new Dictionary<string, object>();
            foreach (string name in new[] { "alive", "dead", "unknown" })
            {
                var codes = new ConcurrentQueue<object>();
                var shown = new List<object>();
                Stopwatch watch = Stopwatch.StartNew();
                var options = new SessionOptions { OnFailure = failure => codes.Enqueue(Conformance.CodeOf(failure)) };
                if (name == "alive") options.Timeout = TimeSpan.FromSeconds(3);
                var session = new Session("http://" + name + ".example:" + port + "/fine/csharp", options);
                for (int number = 0; number < 5; number++)
                {
                    shown.Add(await session.ParticipateAsync("page-" + number, Colors));
                }
                var ms = new Number(watch.ElapsedMilliseconds.ToString());
                found[name] = new Dictionary<string, object> { { "shown", shown }, { "codes", codes.ToList() }, { "ms", ms } };
            }
            Console.WriteLine(Json.Write(found));
            return 0;
        }

        /// <summary>Two pages of each server: what was shown, then the codes of failures.</summary>
        public static async Task<int> Tls(IEnumerable<string> urls)
        {
            var found = new List<object>();
            foreach (string url in urls)
            {
                var codes = new ConcurrentQueue<object>();
                var shown = new List<object>();
                var session = new Session(url, new SessionOptions
                {
                    Timeout = TimeSpan.FromMinutes(1),
                    OnFailure = failure => codes.Enqueue(Conformance.CodeOf(failure)),
                });
                foreach (string experiment in new[] { "button", "headline" })
                {
                    shown.Add(await session.ParticipateAsync(experiment, Colors));
                }
                found.Add(shown.Concat(codes).ToList());
            }
            Console.WriteLine(Json.Write(found));
            return 0;
        }

        /// <summary>Ends with conversions in the queue, in the usual way.</summary>
        public static Task<int> Exit(string url)
        {
            var queue = new ConversionQueue();
            for (int number = 0; number < 20; number++)
            {
                var session = new Session(url, new SessionOptions { ClientId = "last-" + number, Timeout = TimeSpan.FromMinutes(1) });
                queue.Convert(session, "exit");
            }
            return Task.FromResult(0);
        }
    }
}
