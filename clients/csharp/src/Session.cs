using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace SixpackAb
{
    /// <summary>
    /// One client of the tests, the visitor of a page, and the calls it makes. It is cheap to make, and safe to share between
    /// threads; connections are shared by all sessions.
    /// </summary>
    /// <remarks>
    /// A call is done within the time-out. It throws <see cref="ArgumentException"/> for arguments that break the rules, before
    /// anything is sent, and nothing for what happens on the network or the server: that is told to the hook. Nothing goes back
    /// to the caller's context, so that code which can't await may block on a call.
    /// </remarks>
    /// <example>
    /// <code>
    /// var session = new Session("http://localhost:5000", new SessionOptions { ClientId = "user-42" });
    /// var color = await session.ParticipateAsync("button", new[] { "red", "blue" });
    /// </code>
    /// </example>
    public sealed class Session
    {
        /// <summary>Before a conversion or a link is tried again for the first time; each further pause is twice as long.</summary>
        private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
        private const int RetryDoublingsMax = 15;
        private const string ForceParameter = "sixpack-force-";

        private readonly Address address;
        private readonly Server server;
        private readonly string clientId;
        private readonly SessionOptions options;
        private readonly bool setsCookie;
        private readonly Arguments visitor;
        /// <summary>Those of participations alone.</summary>
        private readonly Arguments segments = new Arguments(new KeyValuePair<string, object>[0]);
        private readonly Dictionary<string, string> forced;
        private readonly ConcurrentDictionary<string, bool> shownByForce = new ConcurrentDictionary<string, bool>();
        private volatile bool isUsed;

        /// <summary>Makes a session with a server.</summary>
        /// <param name="baseUrl">Of the server, with its mount path if it has one.</param>
        /// <param name="options">None is needed. They are read here; changing them later does nothing.</param>
        /// <exception cref="ArgumentException">For a base URL or settings that are not valid.</exception>
        public Session(string baseUrl, SessionOptions options = null)
        {
            options = options ?? new SessionOptions();
            bool fits = options.Timeout > TimeSpan.Zero && options.Timeout <= SessionOptions.TimeoutMax;
            Names.Expect(fits, "a time-out of more than 0 and at most a day", options.Timeout);
            Names.Expect(options.Retries >= 0, "0 or more retries", options.Retries);
            Names.CheckApiKey(options.ApiKey);
            SixpackAb.ClientId.CheckDomain(options.CookieDomain);
            address = new Address(baseUrl);
            server = Server.At(address.BaseUrl);
            this.options = options.Copy();
            string kept = options.Storage == Storage.None ? null : SixpackAb.ClientId.FromCookie(Text.Scrubbed(options.Cookie ?? ""));
            clientId = options.ClientId ?? kept ?? SixpackAb.ClientId.Random();
            SixpackAb.ClientId.Check(clientId);
            Storage usual = options.ClientId == null ? Storage.Cookie : Storage.None;
            setsCookie = (options.Storage ?? usual) == Storage.Cookie && clientId != kept;
            forced = Text.Query(Text.Scrubbed(options.Query ?? ""));
            foreach (KeyValuePair<string, string> segment in options.Segments ?? new Dictionary<string, string>())
            {
                Names.CheckName("a dimension", segment.Key);
                segments.Add("segment." + segment.Key, Text.Ornament(segment.Value));
            }
            visitor = new Arguments(new KeyValuePair<string, object>[0])
            {
                { "client_id", clientId },
                { "ip_address", Text.Ornament(options.IPAddress) },
                { "user_agent", Text.Ornament(options.UserAgent) },
            };
        }

        /// <summary>Who is randomised: the id that was given, else that of the cookie, else a new UUID.</summary>
        public string ClientId
        {
            get
            {
                isUsed = true;
                return clientId;
            }
        }

        /// <summary>
        /// Value of a <c>Set-Cookie</c> header that makes a browser keep the client id, needed or not; usually
        /// <see cref="CookieToSet"/> is what you want.
        /// </summary>
        public string SetCookie
        {
            get { return SixpackAb.ClientId.Cookie(clientId, options.CookieDomain); }
        }

        /// <summary>
        /// The value of <c>Set-Cookie</c> that the response at hand needs: that of a new client, once its session was used;
        /// otherwise null.
        /// </summary>
        public string CookieToSet
        {
            get { return isUsed && setsCookie ? SetCookie : null; }
        }

        /// <summary>Takes part in an experiment.</summary>
        /// <param name="experiment">1 to 255 characters, none of them a control character.</param>
        /// <param name="alternatives">2 to 100 different names of letters, digits, - and _; the first is the control.</param>
        /// <param name="options">What else the server is told.</param>
        /// <returns>The alternative this client gets; the control, or what is forced, on any failure.</returns>
        /// <exception cref="ArgumentException">For arguments that break the rules.</exception>
        public Task<string> ParticipateAsync(
            string experiment, IEnumerable<string> alternatives, ParticipateOptions options = null)
        {
            return AskAlone(QuestionOf(experiment, alternatives, options ?? ParticipateOptions.None));
        }

        /// <summary>Takes part in several experiments, in one request and one time-out.</summary>
        /// <param name="experiments">Their alternatives by their names.</param>
        /// <param name="options">For all of them.</param>
        /// <returns>What <see cref="ParticipateAsync"/> would return for each.</returns>
        /// <exception cref="ArgumentException">For arguments that break the rules.</exception>
        public Task<IReadOnlyDictionary<string, string>> ParticipateAllAsync(
            IEnumerable<KeyValuePair<string, string[]>> experiments, ParticipateOptions options = null)
        {
            List<Question> questions = experiments
                .Select(experiment => QuestionOf(experiment.Key, experiment.Value, options ?? ParticipateOptions.None))
                .ToList();
            return AskAll(questions);
        }

        /// <summary>Converts in an experiment. Where the alternative was forced, and not recorded, nothing is sent.</summary>
        /// <param name="experiment">Its name; null converts in every experiment that the client is in.</param>
        /// <param name="kpi">A name of letters, digits, - and _, or null.</param>
        /// <param name="value">From -1e12 to 1e12, or null.</param>
        /// <returns>Whether the server has the conversion, after retries.</returns>
        /// <exception cref="ArgumentException">For arguments that break the rules.</exception>
        public Task<bool> ConvertAsync(string experiment, string kpi = null, decimal? value = null)
        {
            Call call = Conversion(experiment, kpi, value);
            return call == null ? Task.FromResult(false) : DeliverPatiently(call);
        }

        /// <summary>
        /// After a login: the id of this session and the one that the visitor had before are one person's.
        /// </summary>
        /// <param name="previousId">The id before the login.</param>
        /// <param name="experiment">Its name; null links in every experiment that knows one of the two.</param>
        /// <returns>Whether the server has it, after retries.</returns>
        /// <exception cref="ArgumentException">For arguments that break the rules.</exception>
        public Task<bool> LinkAsync(string previousId, string experiment = null)
        {
            SixpackAb.ClientId.Check(previousId);
            if (experiment != null) Names.CheckExperiment(experiment);
            isUsed = true;
            return DeliverPatiently(new Call("link", new Arguments(new KeyValuePair<string, object>[0])
            {
                { "client_id", clientId },
                { "previous_id", previousId },
                { "experiment", experiment },
            }));
        }

        /// <summary>The conversion to send; null where the alternative was forced.</summary>
        internal Call Conversion(string experiment, string kpi, decimal? value)
        {
            if (experiment != null) Names.CheckExperiment(experiment);
            if (kpi != null) Names.CheckName("a KPI", kpi);
            Names.CheckNumber("a value", value);
            isUsed = true;
            if (experiment != null && shownByForce.ContainsKey(experiment)) return null;
            return new Call("convert", new Arguments(visitor)
            {
                { "experiment", experiment },
                { "id", SixpackAb.ClientId.Random() },
                { "kpi", kpi },
                { "value", value == null ? null : Number.Of(value.Value) },
            });
        }

        /// <summary>Sends a conversion or a link once, whatever is known of the server: no page waits for it.</summary>
        internal async Task<Failure> Deliver(Call call)
        {
            using (var deadline = new Deadline(options.Timeout))
            {
                Failure failure = call.Judge(await Send(call.Target, call.Body, deadline).ConfigureAwait(false));
                ForgetAfter(failure);
                return failure;
            }
        }

        internal void Report(Failure failure)
        {
            // Not Trace, to which nobody listens in most programs.
            Action<Failure> hook = options.OnFailure ?? (told => told.Tell(address.BaseUrl, Console.Error.WriteLine));
            HookContext.Run(() => hook(failure));
        }

        private async Task<bool> DeliverPatiently(Call call)
        {
            Failure failure = await Deliver(call).ConfigureAwait(false);
            for (int tries = 0; tries < options.Retries && failure != null && !failure.IsFinal; tries++)
            {
                long pause = RetryPause.Ticks << Math.Min(tries, RetryDoublingsMax);
                await Task.Delay(TimeSpan.FromTicks(pause)).ConfigureAwait(false);
                failure = await Deliver(call).ConfigureAwait(false);
            }
            if (failure != null) Report(failure);
            return failure == null;
        }

        private Question QuestionOf(string experiment, IEnumerable<string> given, ParticipateOptions options)
        {
            Names.CheckExperiment(experiment);
            Names.Expect(given != null, "2 to 100 alternatives", given);
            string[] alternatives = given.ToArray();
            Names.CheckAlternatives(alternatives);
            Names.CheckOptions(options, alternatives.Length);
            isUsed = true;
            string wished = options.Force;
            if (wished == null) forced.TryGetValue(ForceParameter + experiment, out wished);
            string shown = alternatives.Contains(wished) ? wished : null;
            bool asks = shown == null || options.RecordForce;
            bool wasForced;
            if (asks) shownByForce.TryRemove(experiment, out wasForced);
            else shownByForce[experiment] = true;
            var arguments = new Arguments(visitor.Concat(segments))
            {
                { "experiment", experiment },
                { "alternatives", alternatives },
                { "traffic_fraction", options.TrafficFraction == null ? null : Number.Of(options.TrafficFraction.Value) },
                { "weights", options.Weights?.Select(Number.Of).ToArray() },
                { "covariate", options.Covariate == null ? null : Number.Of(options.Covariate.Value) },
                { "prefetch", options.Prefetch ? (object)true : null },
                { "force", shown },
                { "record_force", shown == null ? null : (object)true },
            };
            return new Question(new Call("participate", arguments), alternatives, shown, asks);
        }

        private async Task<string> AskAlone(Question question)
        {
            using (var deadline = new Deadline(options.Timeout))
            {
                return await Ask(question, deadline, null).ConfigureAwait(false);
            }
        }

        private async Task<IReadOnlyDictionary<string, string>> AskAll(List<Question> questions)
        {
            using (var deadline = new Deadline(options.Timeout))
            {
                Dictionary<Question, Reply> known = await AskTogether(questions, deadline).ConfigureAwait(false);
                var shown = new Dictionary<string, string>();
                foreach (Question question in questions)
                {
                    Reply reply;
                    known.TryGetValue(question, out reply);
                    shown[question.Call.Experiment] = await Ask(question, deadline, reply).ConfigureAwait(false);
                }
                return shown;
            }
        }

        /// <summary>The replies to those that were asked in batches; the others have to be asked alone.</summary>
        private async Task<Dictionary<Question, Reply>> AskTogether(List<Question> questions, Deadline deadline)
        {
            var known = new Dictionary<Question, Reply>();
            List<Question> asked = questions.Where(question => question.Asks).ToList();
            if (asked.Count < 2) return known;
            foreach (List<Question> part in Batch.Of(asked))
            {
                if (!server.TakesBatches) break;
                Reply reply = await SendUnlessSilent("/batch", Batch.Body(part), deadline).ConfigureAwait(false);
                if (Batch.IsUnknown(reply))
                {
                    server.TakesBatches = false;
                    break;
                }
                List<Reply> replies = Batch.Replies(reply, part.Count);
                for (int i = 0; i < part.Count; i++) known[part[i]] = replies[i];
            }
            return known;
        }

        private async Task<string> Ask(Question question, Deadline deadline, Reply known)
        {
            if (!question.Asks) return question.Control;
            Reply reply = known
                ?? await SendUnlessSilent(question.Call.Target, null, deadline).ConfigureAwait(false);
            Failure failure = question.Judge(reply);
            if (failure == null) return question.Shown(reply);
            ForgetAfter(failure);
            Report(failure);
            return question.Control;
        }

        private void ForgetAfter(Failure failure)
        {
            if (failure?.Code == FailureCode.BadAnswer) Transport.Forget(address);
        }

        private Task<Reply> SendUnlessSilent(string target, byte[] body, Deadline deadline)
        {
            if (!server.IsSilent) return Send(target, body, deadline);
            return Task.FromResult(Reply.None(FailureCode.Unreachable, "Expected an answer, got none just now, so not asked"));
        }

        private async Task<Reply> Send(string target, byte[] body, Deadline deadline)
        {
            Answer answer;
            try
            {
                answer = await Transport.Send(address, options.ApiKey, target, body, deadline).ConfigureAwait(false);
            }
            catch (BrokenAnswerException broken)
            {
                return Reply.Broken(broken);
            }
            catch (Exception cause)
            {
                server.WasSilent(deadline.BeganAt);
                return Reply.None(cause is TimeoutException ? FailureCode.Timeout : FailureCode.Unreachable, cause.Message);
            }
            server.Answered();
            return Reply.Read(answer.Status, answer.Body);
        }
    }
}
