using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace SixpackAb
{
    /// <summary>A call of one client, before it is sent and when its answer came: no network here.</summary>
    internal sealed class Call
    {
        /// <summary><c>participate</c>, <c>convert</c> or <c>link</c>.</summary>
        public readonly string Name;
        /// <summary>Texts, numbers, true, and lists of the former, in the order in which they are sent.</summary>
        public readonly Arguments Arguments;

        public Call(string name, Arguments arguments)
        {
            Name = name;
            Arguments = arguments;
        }

        public string Experiment
        {
            get { return (string)Arguments["experiment"]; }
        }

        /// <summary>What a POST of this call alone sends; null for a GET.</summary>
        public byte[] Body
        {
            get { return IsPost ? Encoding.UTF8.GetBytes(Json.Write(Arguments)) : null; }
        }

        /// <summary>Path and query of the request for this call alone.</summary>
        public string Target
        {
            get
            {
                if (IsPost) return "/" + Name;
                IEnumerable<string> pairs =
                    from argument in Arguments
                    from item in argument.Value as IEnumerable<object> ?? new[] { argument.Value }
                    let text = true.Equals(item) ? "true" : item.ToString()
                    select argument.Key + "=" + Text.PercentEncoded(text);
                return "/" + Name + "?" + string.Join("&", pairs);
            }
        }

        /// <summary>What is wrong with the reply to this call; null where nothing is.</summary>
        public Failure Judge(Reply reply)
        {
            if (reply.Code != null) return Failure(reply.Code.Value, reply.Message, null);
            int status = reply.Status;
            if (reply.IsOk)
            {
                string wrong = WrongOwner("client_id", reply.Field("client_id"))
                    ?? WrongOwner("experiment", reply.NameIn("experiment"));
                return wrong == null ? null : Failure(FailureCode.BadAnswer, wrong, status);
            }
            FailureCode code = status >= 500 ? FailureCode.ServerError
                : status >= 400 ? FailureCode.Rejected
                : status >= 300 ? FailureCode.Redirect
                : FailureCode.BadAnswer;
            return Failure(code, reply.Field("message") as string ?? reply.Message, status);
        }

        public Failure Failure(FailureCode code, string message, int? status)
        {
            return new Failure(code, Name, Experiment, message, status);
        }

        private bool IsPost
        {
            get { return Name == "link"; }
        }

        /// <summary>Why the answer is somebody else's. A robot's conversion is answered without names.</summary>
        private string WrongOwner(string argument, object got)
        {
            object asked = Arguments[argument];
            if (asked == null || got == null || got.Equals(asked)) return null;
            return "Expected the answer of " + argument + " " + asked + ", got that of " + got;
        }
    }

    /// <summary>Arguments by their names, in order. What is null is not there.</summary>
    internal sealed class Arguments : List<KeyValuePair<string, object>>
    {
        public Arguments(IEnumerable<KeyValuePair<string, object>> arguments) : base(arguments)
        {
        }

        public object this[string name]
        {
            get { return this.FirstOrDefault(argument => argument.Key == name).Value; }
        }

        public void Add(string name, object value)
        {
            if (value != null) Add(new KeyValuePair<string, object>(name, value));
        }
    }
}
