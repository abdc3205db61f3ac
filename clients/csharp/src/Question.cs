using System.Collections.Generic;
using System.Linq;

namespace SixpackAb
{
    /// <summary>A participation: what it is answered from, and by whom.</summary>
    internal sealed class Question
    {
        public readonly Call Call;
        /// <summary>Whether a request is needed.</summary>
        public readonly bool Asks;

        private readonly IReadOnlyList<string> alternatives;
        private readonly string forced;

        /// <param name="call">What is asked.</param>
        /// <param name="alternatives">What may be answered.</param>
        /// <param name="forced">What is shown whatever the answer is, or null.</param>
        /// <param name="asks">Whether a request is needed.</param>
        public Question(Call call, IReadOnlyList<string> alternatives, string forced, bool asks)
        {
            Call = call;
            this.alternatives = alternatives;
            this.forced = forced;
            Asks = asks;
        }

        /// <summary>What is shown where there is no answer.</summary>
        public string Control
        {
            get { return forced ?? alternatives[0]; }
        }

        /// <summary>What is wrong with the reply; null where nothing is.</summary>
        public Failure Judge(Reply reply)
        {
            Failure failure = Call.Judge(reply);
            if (failure != null || Named(reply) != null) return failure;
            string message = "Expected one of " + string.Join(", ", alternatives) + ", got " + reply.NameIn("alternative");
            return Call.Failure(FailureCode.BadAnswer, message, reply.Status);
        }

        /// <summary>The alternative to show after a reply that was judged good.</summary>
        public string Shown(Reply reply)
        {
            return forced ?? Named(reply);
        }

        private string Named(Reply reply)
        {
            string name = reply.NameIn("alternative") as string;
            return alternatives.Contains(name) ? name : null;
        }
    }
}
