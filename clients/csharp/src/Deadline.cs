using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace SixpackAb
{
    /// <summary>One deadline around everything that a call does, on the monotonic clock.</summary>
    internal sealed class Deadline : IDisposable
    {
        public readonly TimeSpan BeganAt = Clock.Now;

        private readonly TimeSpan timeout;
        private readonly TaskCompletionSource<bool> over =
            new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Timer timer;

        public Deadline(TimeSpan timeout)
        {
            this.timeout = timeout;
            // Timers count whole milliseconds: it is never over before its time.
            int ms = (int)Math.Ceiling(Math.Max(0, timeout.TotalMilliseconds));
            timer = new Timer(_ => over.TrySetResult(true), null, ms, Timeout.Infinite);
        }

        public bool IsOver
        {
            get { return Clock.Now - BeganAt >= timeout; }
        }

        /// <summary>What one of several attempts may take, so that those after it get their turn.</summary>
        public Deadline Share(int others)
        {
            long left = (timeout - (Clock.Now - BeganAt)).Ticks;
            return new Deadline(TimeSpan.FromTicks(Math.Max(0, left) / Math.Min(others + 1, 3)));
        }

        /// <summary>
        /// Waits for work that can't be told when to give up: <paramref name="giveUp"/> ends it, or it goes on unheard.
        /// </summary>
        /// <exception cref="TimeoutException">When it isn't done in time, or fails after.</exception>
        public async Task<T> Await<T>(Task<T> work, Action giveUp)
        {
            if (!work.IsCompleted && await Task.WhenAny(work, over.Task).ConfigureAwait(false) != work)
            {
                Ignore(work);
                giveUp();
                throw TooLate();
            }
            try
            {
                return await work.ConfigureAwait(false);
            }
            catch (Exception)
            {
                giveUp();
                if (IsOver) throw TooLate();
                throw;
            }
        }

        public void Dispose()
        {
            timer.Dispose();
        }

        /// <summary>An exception that nobody asks for is told to the whole program.</summary>
        public static void Ignore(Task work)
        {
            work.ContinueWith(
                failed => failed.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        private TimeoutException TooLate()
        {
            return new TimeoutException("Expected an answer in " + (long)timeout.TotalMilliseconds + " ms");
        }
    }

    internal static class Clock
    {
        private static readonly Stopwatch Watch = Stopwatch.StartNew();

        /// <summary>Since this process asked first. It never goes back.</summary>
        public static TimeSpan Now
        {
            get { return Watch.Elapsed; }
        }
    }
}
