using System;
using System.Collections.Generic;
using System.Text;

namespace SixpackAb
{
    /// <summary>What came of a request: an answer's fields with its status, or the code that says why there was none.</summary>
    internal sealed class Reply
    {
        private const int QuotedBytesMax = 80;
        private static readonly Dictionary<string, object> NoFields = new Dictionary<string, object>();

        public readonly int Status;
        /// <summary>None where the body was no object of JSON.</summary>
        public readonly Dictionary<string, object> Fields;
        /// <summary>Null where there was an answer.</summary>
        public readonly FailureCode? Code;
        /// <summary>Of ours; the server's is among the fields.</summary>
        public readonly string Message;

        private Reply(int status, Dictionary<string, object> fields, FailureCode? code, string message)
        {
            Status = status;
            Fields = fields ?? NoFields;
            Code = code;
            Message = message;
        }

        public static Reply None(FailureCode code, string message)
        {
            return new Reply(0, null, code, message);
        }

        /// <summary>By its status, of which a body would not have changed the meaning.</summary>
        public static Reply Broken(BrokenAnswerException cause)
        {
            FailureCode? code = cause.Status == null ? FailureCode.BadAnswer : (FailureCode?)null;
            return new Reply(cause.Status ?? 0, null, code, cause.Message);
        }

        public static Reply Of(int status, object body)
        {
            return new Reply(
                status, body as Dictionary<string, object>, null, "Expected an answer, got status " + status + " without one");
        }

        /// <summary>The reply that an answer's bytes are.</summary>
        public static Reply Read(int status, byte[] body)
        {
            try
            {
                return Of(status, Json.Read(Text.Utf8(body)));
            }
            catch (Exception noJson) when (noJson is ArgumentException || noJson is FormatException)
            {
                string begin = Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, QuotedBytesMax));
                return new Reply(status, null, null, "Expected an answer, got status " + status + ": " + begin);
            }
        }

        public bool IsOk
        {
            get { return Code == null && Status >= 200 && Status < 300 && "ok".Equals(Field("status")); }
        }

        public object Field(string name)
        {
            object value;
            return Fields.TryGetValue(name, out value) ? value : null;
        }

        /// <summary>The name of what a field describes; null where it says none.</summary>
        public object NameIn(string field)
        {
            object name = null;
            (Field(field) as Dictionary<string, object>)?.TryGetValue("name", out name);
            return name;
        }
    }
}
