using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace SixpackAb
{
    /// <summary>
    /// Keeps conversions in memory until the server has them, so that an outage loses none and makes no visitor wait. One
    /// for a process: it takes the conversions of any session.
    /// </summary>
    /// <remarks>
    /// Each keeps its id however often it is sent, so the server counts it once. What is given is sent, or reported to
    /// the hook of its session. A process that ends in the usual way waits for it, at most five seconds.
    /// </remarks>
    public sealed class ConversionQueue
    {
        private const int ConversionsMax = 10000;
        private static readonly TimeSpan AgeMax = TimeSpan.FromHours(24);
        private static readonly TimeSpan ExitMax = TimeSpan.FromSeconds(5);
        private static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);
        private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);

        private readonly object gate = new object();
        private readonly LinkedList<Waiting> waiting = new LinkedList<Waiting>();
        private TaskCompletionSource<bool> changed = NewChange();
        private TimeSpan dueAt;
        private TimeSpan pause = RetryMin;
        private bool works;

        /// <summary>Makes an empty queue.</summary>
        public ConversionQueue()
        {
            AppDomain.CurrentDomain.ProcessExit += (sender, end) => CloseAsync(ExitMax).Wait();
        }

        /// <summary>Conversions that wait, the one being sent among them.</summary>
        public int Count
        {
            get
            {
                lock (gate) return waiting.Count;
            }
        }

        /// <summary>Takes a conversion, as <see cref="Session.ConvertAsync"/> does; the queue sends it.</summary>
        /// <param name="session">Whose conversion it is.</param>
        /// <param name="experiment">Its name; null converts in every experiment that the client is in.</param>
        /// <param name="kpi">A name of letters, digits, - and _, or null.</param>
        /// <param name="value">From -1e12 to 1e12, or null.</param>
        /// <exception cref="ArgumentException">For arguments that break the rules.</exception>
        public void Convert(Session session, string experiment, string kpi = null, decimal? value = null)
        {
            Call call = session.Conversion(experiment, kpi, value);
            if (call == null) return;
            Waiting lost = null;
            lock (gate)
            {
                if (waiting.Count >= ConversionsMax)
                {
                    lost = waiting.First.Value;
                    waiting.RemoveFirst();
                }
                waiting.AddLast(new Waiting(session, call));
                if (!works)
                {
                    works = true;
                    Task.Run(Work);
                }
                Tell();
            }
            lost?.Drop("Expected at most " + ConversionsMax + " conversions to wait");
        }

        /// <summary>Sends at once what waits.</summary>
        /// <param name="timeout">Longest time to wait for that.</param>
        /// <returns>Whether nothing waits any more.</returns>
        public async Task<bool> FlushAsync(TimeSpan timeout)
        {
            Task end = Task.Delay(timeout);
            lock (gate)
            {
                dueAt = TimeSpan.Zero;
                Tell();
            }
            while (true)
            {
                Task change;
                lock (gate)
                {
                    if (waiting.Count == 0) return true;
                    change = changed.Task;
                }
                if (await Task.WhenAny(change, end).ConfigureAwait(false) == end) return Count == 0;
            }
        }

        /// <summary>The same at the end of the process; what is left then is reported.</summary>
        /// <param name="timeout">Longest time to wait.</param>
        /// <returns>A task that is done when nothing waits any more.</returns>
        public async Task CloseAsync(TimeSpan timeout)
        {
            await FlushAsync(timeout).ConfigureAwait(false);
            List<Waiting> left;
            lock (gate)
            {
                left = waiting.ToList();
                waiting.Clear();
                Tell();
            }
            foreach (Waiting one in left) one.Drop("Expected the server before the process ended");
        }

        private static TaskCompletionSource<bool> NewChange()
        {
            return new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        /// <summary>By whoever holds the gate.</summary>
        private void Tell()
        {
            changed.TrySetResult(true);
            changed = NewChange();
        }

        /// <summary>Ends when nothing waits; the next conversion begins anew.</summary>
        private async Task Work()
        {
            while (true)
            {
                Waiting first;
                Task change;
                TimeSpan rest;
                lock (gate)
                {
                    works = waiting.Count > 0;
                    if (!works) return;
                    first = waiting.First.Value;
                    change = changed.Task;
                    rest = dueAt - Clock.Now;
                }
                if (rest > TimeSpan.Zero) await Task.WhenAny(change, Task.Delay(rest)).ConfigureAwait(false);
                else await Try(first).ConfigureAwait(false);
            }
        }

        /// <summary>Sends one, and puts it at the end where the server is away: others may be luckier.</summary>
        private async Task Try(Waiting first)
        {
            Failure failure = await first.Session.Deliver(first.Call).ConfigureAwait(false);
            bool comesBack = failure != null && failure.IsTemporary && Clock.Now - first.Since < AgeMax;
            lock (gate)
            {
                // It was pushed out, or dropped at the end, and reported then.
                if (waiting.First?.Value != first) return;
                waiting.RemoveFirst();
                if (comesBack)
                {
                    waiting.AddLast(first);
                    dueAt = Clock.Now + pause;
                    pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, RetryMax.Ticks));
                }
                else
                {
                    pause = RetryMin;
                }
                Tell();
            }
            if (failure != null && !comesBack) first.Session.Report(failure);
        }

        private sealed class Waiting
        {
            public readonly Session Session;
            public readonly Call Call;
            public readonly TimeSpan Since = Clock.Now;

            public Waiting(Session session, Call call)
            {
                Session = session;
                Call = call;
            }

            public void Drop(string message)
            {
                Session.Report(Call.Failure(FailureCode.Unreachable, message, null));
            }
        }
    }
}
