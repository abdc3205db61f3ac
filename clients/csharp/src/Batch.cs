using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace SixpackAb
{
    /// <summary>Several participations in one request.</summary>
    internal static class Batch
    {
        private const int CallsMax = 100;
        /// <summary>The server takes bodies of 64 KiB.</summary>
        private const int BytesMax = 60000;

        private static readonly int[] Unknown = { 404, 405, 415 };

        /// <summary>As many to a request as the server takes.</summary>
        public static List<List<Question>> Of(IEnumerable<Question> questions)
        {
            var batches = new List<List<Question>>();
            int bytes = 0;
            foreach (Question question in questions)
            {
                int length = Body(new[] { question }).Length;
                if (batches.Count == 0 || batches.Last().Count == CallsMax || bytes + length > BytesMax)
                {
                    batches.Add(new List<Question>());
                    bytes = 0;
                }
                batches.Last().Add(question);
                bytes += length;
            }
            return batches;
        }

        public static byte[] Body(IEnumerable<Question> questions)
        {
            List<Dictionary<string, object>> calls = questions
                .Select(question => new Dictionary<string, object> { { question.Call.Name, question.Call.Arguments } })
                .ToList();
            return Encoding.UTF8.GetBytes(Json.Write(new Dictionary<string, object> { { "calls", calls } }));
        }

        /// <summary>Whether the server knows no batches. Other refusals, a 429 among them, are those of the calls.</summary>
        public static bool IsUnknown(Reply reply)
        {
            return reply.Code == null && Unknown.Contains(reply.Status);
        }

        /// <summary>The reply to each call. A batch that failed as a whole is that failure for each.</summary>
        public static List<Reply> Replies(Reply reply, int count)
        {
            if (!reply.IsOk) return Enumerable.Repeat(reply, count).ToList();
            var answers = reply.Field("answers") as List<object>;
            bool fits = answers != null && answers.Count == count;
            return Enumerable.Range(0, count).Select(i => Single(fits ? answers[i] : null, reply.Status)).ToList();
        }

        private static Reply Single(object answer, int status)
        {
            object own = null;
            (answer as Dictionary<string, object>)?.TryGetValue("http_status", out own);
            int? known = (own as Number)?.AsStatus;
            return known != null ? Reply.Of(known.Value, answer) : Reply.Of(status, null);
        }
    }
}
