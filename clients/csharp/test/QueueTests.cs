using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;

namespace SixpackAb.Tests
{
    internal sealed class QueueTests
    {
        private const string Nobody = "http://127.0.0.1:9";

        private readonly TestServer misbehaving;

        public QueueTests(TestServer misbehaving)
        {
            this.misbehaving = misbehaving;
        }

        public IEnumerable<Test> Tests()
        {
            yield return new Test("delivers every conversion once after an outage", Outage);
            yield return new Test("reports what is left at the end, and what there was no room for", End);
            yield return new Test("reports a conversion that the server refused, once", Refused);
            yield return new Test("sends what waits when the process ends", Exit);
            yield return new Test("keeps a conversion that came at a time of too many calls", TooMany);
        }

        private async Task Outage()
        {
            string folder = Path.Combine(Path.GetTempPath(), "sixpack-csharp-" + Guid.NewGuid());
            var failures = new ConcurrentQueue<Failure>();
            var queue = new ConversionQueue();
            try
            {
                string port;
                var sessions = new List<Session>();
                using (TestServer before = TestServer.Real("0", folder))
                {
                    port = before.Port;
                    for (int number = 0; number < 50; number++)
                    {
                        sessions.Add(SessionOf(before.Url, "buyer-" + number, failures));
                        await sessions.Last().ParticipateAsync("outage", new[] { "a", "b" });
                    }
                }
                foreach (Session session in sessions) queue.Convert(session, "outage");
                bool sent = await queue.FlushAsync(TimeSpan.FromMilliseconds(200));
                Expect.Holds(!sent && queue.Count == 50, "50 conversions to wait, got " + queue.Count);
                using (TestServer after = TestServer.Real(port, folder))
                {
                    Expect.Holds(await queue.FlushAsync(TimeSpan.FromMinutes(5)), "nothing to wait");
                    Expect.Same(new Number("50"), after.Details("outage")["total_conversions"]);
                }
                Expect.Same(new object[0], failures.Select(failure => failure.ToString()));
            }
            finally
            {
                if (Directory.Exists(folder)) Directory.Delete(folder, true);
            }
        }

        private async Task End()
        {
            const int max = 10000;
            var failures = new ConcurrentQueue<Failure>();
            var queue = new ConversionQueue();
            Session session = SessionOf(Nobody, "c", failures);
            for (int number = 0; number < max + 3; number++) queue.Convert(session, "button");
            await queue.CloseAsync(TimeSpan.Zero);
            Expect.Same(new Number((max + 3).ToString()), new Number(failures.Count.ToString()));
        }

        private async Task Refused()
        {
            var failures = new ConcurrentQueue<Failure>();
            var queue = new ConversionQueue();
            queue.Convert(SessionOf(misbehaving.Url + "/rejecting/csharp-queue", "c", failures), "button", "purchase", 19.99m);
            Expect.Holds(await queue.FlushAsync(TimeSpan.FromMinutes(1)), "nothing to wait");
            while (failures.IsEmpty) await Task.Yield();
            Expect.Same(new[] { "rejected" }, failures.Select(Conformance.CodeOf));
            Expect.BadArgument(() => queue.Convert(SessionOf(Nobody, "c", failures), "button", "two words"));
        }

        private async Task Exit()
        {
            string url = misbehaving.Url + "/fine/csharp-exit";
            string self = Assembly.GetExecutingAssembly().Location;
            using (Process process = Process.Start(new ProcessStartInfo("mono", "\"" + self + "\" exit " + url) { UseShellExecute = false }))
            {
                await Task.Run(() => process.WaitForExit());
                Expect.Same(new Number("0"), new Number(process.ExitCode.ToString()));
            }
            Expect.Same(new Number("20"), new Number(misbehaving.Seen("csharp-exit").Count.ToString()));
        }

        private async Task TooMany()
        {
            var failures = new ConcurrentQueue<Failure>();
            var queue = new ConversionQueue();
            queue.Convert(SessionOf(misbehaving.Url + "/too-many/csharp-429", "c", failures), "button");
            while (misbehaving.Seen("csharp-429").Count < 2) await queue.FlushAsync(TimeSpan.FromMilliseconds(20));
            Expect.Holds(queue.Count == 1 && failures.IsEmpty, "the conversion to wait");
            await queue.CloseAsync(TimeSpan.Zero);
        }

        private static Session SessionOf(string url, string clientId, ConcurrentQueue<Failure> failures)
        {
            return new Session(url, new SessionOptions
            {
                ClientId = clientId, Timeout = TimeSpan.FromMinutes(1), OnFailure = failures.Enqueue,
            });
        }
    }
}
