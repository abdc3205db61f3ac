using System;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace SixpackAb
{
    /// <summary>What can go wrong: the codes of every Sixpack client.</summary>
    public enum FailureCode
    {
        /// <summary>No complete answer within the time-out.</summary>
        Timeout,

        /// <summary>No connection, or it ended before an answer began; also a server that was silent just now.</summary>
        Unreachable,

        /// <summary>Status 3xx, which is not followed: the base URL is wrong.</summary>
        Redirect,

        /// <summary>Status 4xx: the server understood and refused.</summary>
        Rejected,

        /// <summary>Status 5xx.</summary>
        ServerError,

        /// <summary>Status 2xx, but no complete answer to this call.</summary>
        BadAnswer,
    }

    /// <summary>A call that did not succeed: what the hook of a <see cref="Session"/> is given.</summary>
    public sealed class Failure
    {
        internal Failure(FailureCode code, string call, string experiment, string message, int? status)
        {
            Code = code;
            Call = call;
            Experiment = experiment;
            Message = message;
            Status = status;
        }

        /// <summary>What happened.</summary>
        public FailureCode Code { get; }

        /// <summary><c>participate</c>, <c>convert</c> or <c>link</c>.</summary>
        public string Call { get; }

        /// <summary>Its name; null for a conversion or a link in every experiment.</summary>
        public string Experiment { get; }

        /// <summary>For people: what was expected and what came, or the server's own words.</summary>
        public string Message { get; }

        /// <summary>Of HTTP; null where there was no answer.</summary>
        public int? Status { get; }

        /// <summary>Whether sending the same again at once can't help.</summary>
        internal bool IsFinal
        {
            get { return Code == FailureCode.Rejected || Code == FailureCode.Redirect; }
        }

        /// <summary>Whether it may be another matter later.</summary>
        internal bool IsTemporary
        {
            get { return !IsFinal || Status == 408 || Status == 425 || Status == 429; }
        }

        private static readonly TimeSpan TellPause = TimeSpan.FromMinutes(1);

        /// <summary>When a log last heard of each kind, by the clock of <see cref="Stopwatch"/>.</summary>
        private static readonly ConcurrentDictionary<string, long> Told = new ConcurrentDictionary<string, long>();

        /// <summary>
        /// Gives the line to a log, unless it has heard of a failure of this kind, a call and a code at a base URL, in the last
        /// minute: it hears of an outage, not of each of its calls.
        /// </summary>
        internal void Tell(string baseUrl, Action<string> log)
        {
            long now = Stopwatch.GetTimestamp();
            long pause = (long)(TellPause.TotalSeconds * Stopwatch.Frequency);
            long told = Told.AddOrUpdate(baseUrl + " " + Call + " " + Code, now, (kind, before) => now - before < pause ? before : now);
            if (told == now)
            {
                log(Warning(baseUrl));
            }
        }

        /// <summary>A line for a log. What a server of another kind says has to be asked of its address.</summary>
        internal string Warning(string baseUrl)
        {
            bool isElsewhere = Status == 404 || (Code != FailureCode.Rejected && Code != FailureCode.ServerError);
            string advice = isElsewhere ? ". Does Sixpack's API answer there?" : "";
            return "sixpack: " + Call + " of " + (Experiment ?? "every experiment") + " at " + baseUrl + ": " + Code + ", " + Message + advice;
        }
    }
}
